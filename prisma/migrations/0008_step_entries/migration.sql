-- RedefineTables: an operation has a number, and is found by it
CREATE TABLE "new_Operation" (
    "number" INTEGER NOT NULL PRIMARY KEY,
    "id" TEXT NOT NULL,
    "workflow" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "params" TEXT,
    "state" TEXT NOT NULL,
    "committed" BOOLEAN NOT NULL,
    "cancelRequest" TEXT,
    "error" TEXT,
    "blocked" TEXT,
    "waitsFor" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "tenant" TEXT NOT NULL,
    "owner" TEXT,
    "leaseUntilMs" BIGINT NOT NULL,
    "fence" INTEGER NOT NULL,
    "createdAt" TEXT NOT NULL,
    "updatedAt" TEXT NOT NULL,
    "steps" TEXT NOT NULL DEFAULT '[]'
);
INSERT INTO "new_Operation" ("id", "number", "workflow", "version", "params", "state", "committed", "cancelRequest", "error", "blocked", "waitsFor", "actor", "tenant", "owner", "leaseUntilMs", "fence", "createdAt", "updatedAt", "steps")
    SELECT "id", row_number() OVER (ORDER BY "id"), "workflow", "version", "params", "state", "committed", "cancelRequest", "error", "blocked", "waitsFor", "actor", "tenant", "owner", "leaseUntilMs", "fence", "createdAt", "updatedAt", "steps" FROM "Operation";
DROP TABLE "Operation";
ALTER TABLE "new_Operation" RENAME TO "Operation";

-- CreateTable
CREATE TABLE "StepEntry" (
    "number" INTEGER NOT NULL PRIMARY KEY,
    "operation" INTEGER NOT NULL,
    "entry" TEXT NOT NULL,
    CONSTRAINT "StepEntry_operation_fkey" FOREIGN KEY ("operation") REFERENCES "Operation" ("number") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateIndex
CREATE UNIQUE INDEX "Operation_id_key" ON "Operation"("id");

-- CreateIndex
CREATE INDEX "Operation_state_id_idx" ON "Operation"("state", "id");

-- CreateIndex
CREATE INDEX "Operation_tenant_id_idx" ON "Operation"("tenant", "id");

-- CreateIndex
CREATE INDEX "StepEntry_operation_idx" ON "StepEntry"("operation");
