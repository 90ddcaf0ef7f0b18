-- CreateTable
CREATE TABLE "Plan" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "tenant" TEXT NOT NULL,
    "request" TEXT NOT NULL,
    "made" TEXT NOT NULL,
    "createdAt" TEXT NOT NULL,
    "expiresAt" TEXT NOT NULL
);

-- CreateIndex
CREATE INDEX "Plan_tenant_id_idx" ON "Plan"("tenant", "id");

-- CreateIndex
CREATE INDEX "Plan_expiresAt_idx" ON "Plan"("expiresAt");
