-- CreateTable
CREATE TABLE "Host" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "machineId" TEXT NOT NULL,
    "bootId" TEXT NOT NULL,
    "hostname" TEXT NOT NULL,
    "kernelRelease" TEXT NOT NULL,
    "onlineCpus" INTEGER NOT NULL,
    "iommu" BOOLEAN NOT NULL,
    "reach" TEXT NOT NULL,
    "why" TEXT,
    "observedAt" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "Controller" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "serial" TEXT NOT NULL,
    "subsystemNqn" TEXT NOT NULL,
    "cntlid" INTEGER NOT NULL,
    "address" TEXT NOT NULL,
    "present" BOOLEAN NOT NULL,
    "ambiguous" BOOLEAN NOT NULL,
    "observation" TEXT NOT NULL,
    "lastController" TEXT,
    "sriovBefore" TEXT,
    "observedAt" TEXT NOT NULL,
    CONSTRAINT "Controller_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "VirtualFunction" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "controllerId" TEXT NOT NULL,
    "vfNumber" INTEGER NOT NULL,
    "cntlid" INTEGER NOT NULL,
    "address" TEXT,
    "secondaryState" TEXT NOT NULL,
    "vq" INTEGER NOT NULL,
    "vi" INTEGER NOT NULL,
    "observation" TEXT,
    "provisioned" TEXT,
    "observedAt" TEXT NOT NULL,
    CONSTRAINT "VirtualFunction_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "VirtualFunction_controllerId_fkey" FOREIGN KEY ("controllerId") REFERENCES "Controller" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Namespace" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "present" BOOLEAN NOT NULL,
    "observation" TEXT NOT NULL,
    "observedAt" TEXT NOT NULL,
    CONSTRAINT "Namespace_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Assignment" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "functionKind" TEXT NOT NULL,
    "functionId" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "consumer" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "tenant" TEXT NOT NULL,
    "operationId" TEXT NOT NULL,
    "before" TEXT,
    "handOver" TEXT,
    "quarantine" TEXT,
    "createdAt" TEXT NOT NULL,
    "updatedAt" TEXT NOT NULL,
    CONSTRAINT "Assignment_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Event" (
    "number" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "type" TEXT NOT NULL,
    "at" TEXT NOT NULL,
    "hostId" TEXT,
    "subjectKind" TEXT NOT NULL,
    "subjectId" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "tenant" TEXT NOT NULL,
    "operationId" TEXT,
    "detail" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "Operation" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "workflow" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "params" TEXT,
    "state" TEXT NOT NULL,
    "committed" BOOLEAN NOT NULL,
    "error" TEXT,
    "blocked" TEXT,
    "waitsFor" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "tenant" TEXT NOT NULL,
    "owner" TEXT,
    "leaseUntilMs" BIGINT NOT NULL,
    "fence" INTEGER NOT NULL,
    "createdAt" TEXT NOT NULL,
    "updatedAt" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "OperationStep" (
    "operationId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "output" TEXT,
    "error" TEXT,
    "attempts" INTEGER NOT NULL,
    "startedAt" TEXT,
    "endedAt" TEXT,

    PRIMARY KEY ("operationId", "index"),
    CONSTRAINT "OperationStep_operationId_fkey" FOREIGN KEY ("operationId") REFERENCES "Operation" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "IdempotencyKey" (
    "tenant" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "requestHash" TEXT NOT NULL,
    "operationId" TEXT NOT NULL,
    "at" TEXT NOT NULL,

    PRIMARY KEY ("tenant", "key"),
    CONSTRAINT "IdempotencyKey_operationId_fkey" FOREIGN KEY ("operationId") REFERENCES "Operation" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateIndex
CREATE INDEX "Controller_hostId_id_idx" ON "Controller"("hostId", "id");

-- CreateIndex
CREATE INDEX "VirtualFunction_controllerId_id_idx" ON "VirtualFunction"("controllerId", "id");

-- CreateIndex
CREATE INDEX "VirtualFunction_hostId_id_idx" ON "VirtualFunction"("hostId", "id");

-- CreateIndex
CREATE INDEX "Namespace_hostId_id_idx" ON "Namespace"("hostId", "id");

-- CreateIndex
CREATE INDEX "Assignment_tenant_id_idx" ON "Assignment"("tenant", "id");

-- CreateIndex
CREATE INDEX "Assignment_functionId_state_idx" ON "Assignment"("functionId", "state");

-- CreateIndex
CREATE INDEX "Event_tenant_number_idx" ON "Event"("tenant", "number");

-- CreateIndex
CREATE INDEX "Operation_state_id_idx" ON "Operation"("state", "id");

-- CreateIndex
CREATE INDEX "Operation_tenant_id_idx" ON "Operation"("tenant", "id");

