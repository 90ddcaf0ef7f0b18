-- CreateTable
CREATE TABLE "ScanDigest" (
    "hostId" TEXT NOT NULL PRIMARY KEY,
    "digest" TEXT NOT NULL,
    "controllers" INTEGER NOT NULL,
    "virtualFunctions" INTEGER NOT NULL,
    "namespaces" INTEGER NOT NULL,
    CONSTRAINT "ScanDigest_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
