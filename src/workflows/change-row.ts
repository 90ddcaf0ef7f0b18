/** The row that changes a host: who is behind the address is read before every write, and what is gone is not undone. */
import type { Refusal } from '../errors.ts'
import { pass, type Row, type Turn } from './define-workflow.ts'
import { isThere, refuseOther, type Target } from './guards/identity.ts'
import { carryOut, carryOutIfThere, type Look, type Move } from './moves.ts'

type PerTurn<Value> = Value | ((turn: Turn) => Value)

export type ChangeRow = {
  /** null: what there was to change has gone already. */
  readonly on: PerTurn<Target | null>
  /** Nothing is done where the target has gone, or where another is in its place. Default: that is refused. */
  readonly mayBeGone?: boolean
  /** What else must be true of the host, read immediately before the first write and after every interruption. */
  readonly guard?: (turn: Turn) => Promise<readonly Refusal[]>
  readonly do: PerTurn<readonly Move[]>
  readonly undo?: PerTurn<readonly Move[]>
  /** Held while the row is guarded, runs or is undone. */
  readonly locks?: readonly string[]
  readonly commit?: boolean
}

export function change(name: string, row: ChangeRow): Row {
  const { on, mayBeGone = false, undo, locks = [], commit = false } = row
  return {
    name,
    commit,
    locks,
    guard: async (turn) => {
      const target = inTurn(on, turn)
      if (target === null || (mayBeGone && !(await isThere(turn.ask, target)))) return
      pass(name, await refuseOther(turn.ask, target, turn.reboot))
      pass(name, (await row.guard?.(turn)) ?? [])
    },
    run: async (turn) => {
      const target = inTurn(on, turn)
      const moves = () => (target === null ? [] : inTurn(row.do, turn))
      const wanted = target && mayBeGone ? [ifThere(target, moves)] : moves()
      return { output: await carryOut(wanted, turn.ask, turn.apply) }
    },
    ...(undo && {
      undo: async (turn) => {
        const target = inTurn(on, turn)
        const moves = target === null ? [] : [ifThere(target, () => inTurn(undo, turn))]
        return { output: await carryOutIfThere(moves, turn.ask, turn.apply) }
      },
    }),
  }
}

/** Moves for what may have gone since, and then needs none. */
export function ifThere(target: Target, moves: () => readonly Move[]): Look {
  return { look: async (ask) => ((await isThere(ask, target)) ? moves() : []) }
}

function inTurn<Value>(value: PerTurn<Value>, turn: Turn): Value {
  return value instanceof Function ? value(turn) : value
}
