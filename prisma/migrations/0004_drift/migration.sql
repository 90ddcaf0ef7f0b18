-- AlterTable
ALTER TABLE "Host" ADD COLUMN "driftPolicy" TEXT NOT NULL DEFAULT 'report';
ALTER TABLE "Host" ADD COLUMN "settledBootId" TEXT;
ALTER TABLE "Host" ADD COLUMN "unrestored" INTEGER NOT NULL DEFAULT 0;

-- Hosts that are known were never restored by the nvirt that knew them: only the next boot is.
UPDATE "Host" SET "settledBootId" = "bootId";

-- CreateTable
CREATE TABLE "Drift" (
    "hostId" TEXT NOT NULL,
    "functionKind" TEXT NOT NULL,
    "functionId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "tenant" TEXT NOT NULL,
    "expected" TEXT NOT NULL,
    "found" TEXT NOT NULL,
    "since" TEXT NOT NULL,

    PRIMARY KEY ("functionId", "kind"),
    CONSTRAINT "Drift_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Healing" (
    "functionId" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "lastAttemptAt" TEXT NOT NULL,
    "operationId" TEXT NOT NULL,
    CONSTRAINT "Healing_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateIndex
CREATE INDEX "Assignment_hostId_state_idx" ON "Assignment"("hostId", "state");

-- CreateIndex
CREATE INDEX "Drift_hostId_idx" ON "Drift"("hostId");

-- CreateIndex
CREATE INDEX "Healing_hostId_idx" ON "Healing"("hostId");
