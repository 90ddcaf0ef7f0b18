/** Ordinary rows, by Prisma, inside the transaction that is open on its connection. */
import type { PrismaClient } from './generated/client.ts'
import type { AssignmentRow, ControllerRow } from './rows.ts'
import type { StoreWrite } from './store.ts'
import { IdempotencyTaken } from './store.ts'

export type OrdinaryWrite = Extract<StoreWrite, { readonly write: OrdinaryKind }>

const ORDINARY = [
  'setSriovBefore',
  'setProvisioned',
  'putAssignment',
  'updateAssignment',
  'putIdempotencyKey',
  'settleIdempotencyKey',
] as const satisfies readonly StoreWrite['write'][]

type OrdinaryKind = (typeof ORDINARY)[number]

export function isOrdinary(write: { readonly write: string }): write is OrdinaryWrite {
  return (ORDINARY as readonly string[]).includes(write.write)
}

/** @throws when the row that is to be changed does not exist; {IdempotencyTaken} */
export async function writeOrdinary(
  prisma: PrismaClient,
  write: OrdinaryWrite
): Promise<void> {
  switch (write.write) {
    case 'setSriovBefore':
      return setSriovBefore(prisma, write.controllerId, write.before)
    case 'setProvisioned':
      return setProvisioned(prisma, write)
    case 'putAssignment':
      return putAssignment(prisma, write.row)
    case 'updateAssignment':
      return updateAssignment(prisma, write)
    case 'putIdempotencyKey':
      return putIdempotencyKey(prisma, write)
    case 'settleIdempotencyKey':
      return settleIdempotencyKey(prisma, write)
  }
}

async function setSriovBefore(
  prisma: PrismaClient,
  id: string,
  before: ControllerRow['sriovBefore']
): Promise<void> {
  await prisma.controller.update({ where: { id }, data: { sriovBefore: json(before) } })
}

async function setProvisioned(
  prisma: PrismaClient,
  write: Extract<OrdinaryWrite, { write: 'setProvisioned' }>
): Promise<void> {
  await prisma.virtualFunction.update({
    where: { id: write.virtualFunctionId },
    data: { provisioned: json(write.provisioned) },
  })
}

async function putAssignment(prisma: PrismaClient, row: AssignmentRow): Promise<void> {
  const columns = { ...row, before: json(row.before), handOver: json(row.handOver) }
  await prisma.assignment.upsert({
    where: { id: row.id },
    create: columns,
    update: columns,
  })
}

async function updateAssignment(
  prisma: PrismaClient,
  { id, set, at }: Extract<OrdinaryWrite, { write: 'updateAssignment' }>
): Promise<void> {
  const { before, handOver, ...rest } = set
  await prisma.assignment.update({
    where: { id },
    data: {
      ...rest,
      ...(before === undefined ? {} : { before: json(before) }),
      ...(handOver === undefined ? {} : { handOver: json(handOver) }),
      updatedAt: at,
    },
  })
}

async function putIdempotencyKey(
  prisma: PrismaClient,
  write: Extract<OrdinaryWrite, { write: 'putIdempotencyKey' }>
): Promise<void> {
  const { write: _, ...row } = write
  try {
    await prisma.idempotencyKey.create({ data: row })
  } catch (error) {
    if (isUniqueViolation(error)) throw new IdempotencyTaken(row.key)
    throw error
  }
}

async function settleIdempotencyKey(
  prisma: PrismaClient,
  { tenant, key, answer }: Extract<OrdinaryWrite, { write: 'settleIdempotencyKey' }>
): Promise<void> {
  const where = { tenant_key: { tenant, key } }
  if (answer === null) await prisma.idempotencyKey.delete({ where })
  else await prisma.idempotencyKey.update({ where, data: { answer: json(answer) } })
}

/** Prisma, "Error message reference", P2002: unique constraint failed. */
function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P2002'
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
