-- AlterTable
ALTER TABLE "Operation" ADD COLUMN "cancelRequest" TEXT;

-- AlterTable
ALTER TABLE "OperationStep" ADD COLUMN "progress" TEXT;

-- RedefineTables: a column that was required may be null now
CREATE TABLE "new_IdempotencyKey" (
    "tenant" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "requestHash" TEXT NOT NULL,
    "operationId" TEXT,
    "answer" TEXT,
    "at" TEXT NOT NULL,

    PRIMARY KEY ("tenant", "key"),
    CONSTRAINT "IdempotencyKey_operationId_fkey" FOREIGN KEY ("operationId") REFERENCES "Operation" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);
INSERT INTO "new_IdempotencyKey" ("at", "key", "operationId", "requestHash", "tenant") SELECT "at", "key", "operationId", "requestHash", "tenant" FROM "IdempotencyKey";
DROP TABLE "IdempotencyKey";
ALTER TABLE "new_IdempotencyKey" RENAME TO "IdempotencyKey";
