import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { lockDataFolder } from '../../src/store/data-lock.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { temporaryFolder } from './temporary-store.ts'

/** Another process that locks the folder, throws its garbage away, says so, and lives until it is killed. */
async function otherHolder(folder: string) {
  const source = new URL('../../src/store/data-lock.ts', import.meta.url).href
  const script = `import { lockDataFolder } from ${JSON.stringify(source)}
    lockDataFolder(${JSON.stringify(folder)})
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    await turn(); gc(); await turn(); gc(); await turn()
    console.log('locked'); setInterval(() => {}, 1000)`
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', '--input-type=module', '--eval', script],
    { stdio: ['ignore', 'pipe', 'inherit'] }
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  expect(said.toString()).toBe('locked\n')
  return child
}

function refusal(folder: string): StoreError {
  try {
    lockDataFolder(folder)()
  } catch (error) {
    if (error instanceof StoreError) return error
    throw error
  }
  throw new Error('the folder was not locked')
}

test('a second process is refused, naming the folder and the holder, whatever was collected there', async () => {
  const folder = temporaryFolder()
  const holder = await otherHolder(folder)

  const { message, problem } = refusal(folder)

  expect(problem).toEqual({ kind: 'folder-in-use', folder, pid: holder.pid })
  expect(message).toBe(`the data folder ${folder} is in use by process ${holder.pid}`)
})

test('a holder that is killed leaves no lock behind', async () => {
  const folder = temporaryFolder()
  const holder = await otherHolder(folder)
  holder.kill('SIGKILL')
  await once(holder, 'exit')

  const release = lockDataFolder(folder)

  expect(refusal(folder).problem).toMatchObject({ pid: process.pid })
  release()
})

test('a lock that was given back can be taken again', () => {
  const folder = temporaryFolder()

  lockDataFolder(folder)()
  const release = lockDataFolder(folder)

  expect(refusal(folder).problem).toMatchObject({ kind: 'folder-in-use' })
  release()
})
