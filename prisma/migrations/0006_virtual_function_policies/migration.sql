-- CreateTable
CREATE TABLE "VirtualFunctionPolicy" (
    "controllerId" TEXT NOT NULL PRIMARY KEY,
    "request" TEXT NOT NULL,
    "virtualFunctions" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "tenant" TEXT NOT NULL,
    "at" TEXT NOT NULL,
    CONSTRAINT "VirtualFunctionPolicy_controllerId_fkey" FOREIGN KEY ("controllerId") REFERENCES "Controller" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
