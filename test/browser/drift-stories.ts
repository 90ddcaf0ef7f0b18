/** An operator who finds that something is not as desired. */
import assert from 'node:assert/strict'
import type { Locator } from 'playwright-core'
import { FOREIGN, LAB } from './stories-fleet.ts'
import type { Story } from './story.ts'

const LOST = { event: 'resources-lost', address: LAB.pf, vfNumber: 1 }

export async function healed({ dashboard, service }: Story): Promise<void> {
  const { dialog } = dashboard
  const vf = dashboard.virtualFunctions(LAB.host).first()
  const lost = vf.locator('[data-drift="resources-lost"]')
  await service.happens(LAB.host, LOST)
  await dashboard.press(dashboard.host(LAB.host), 'Rescan')
  await lost.getByText('VQ 2, VI 2').waitFor()
  assert.deepEqual(await sides(lost), [
    'state online, VQ 2, VI 2',
    'state offline, VQ 0, VI 0',
  ])
  await vf.getByText('drift: resources-lost').waitFor()
  // The other is the drive that shares its identity.
  await dashboard.host(LAB.host).getByText('drift of 2 functions').waitFor()

  await dashboard.press(vf, 'Heal…')
  await dashboard.press(dialog, 'Show what it does')
  await dialog.getByText('bring controller 1 online through /dev/nvme0').waitFor()
  await dashboard.press(dialog, 'Run this plan')
  await dashboard.succeeded('Heal a VF')
  await lost.waitFor({ state: 'detached' })
}

export async function healsByItself({ dashboard, service }: Story): Promise<void> {
  const host = dashboard.host(LAB.host)
  const vf = dashboard.virtualFunctions(LAB.host).first()
  const lost = vf.locator('[data-drift="resources-lost"]')
  await service.happens(LAB.host, LOST)
  await dashboard.press(host, 'Rescan')
  await lost.waitFor()
  await host.getByText('Drift is only reported.').waitFor()
  await dashboard.press(host, 'Heal drift by itself')
  await host.getByText('Drift is healed where nobody uses the function.').waitFor()
  await lost.waitFor({ state: 'detached' })
  await vf.getByText('VQ 2, VI 2').waitFor()
  await dashboard.press(host, 'Only report drift')
  await host.getByText('Drift is only reported.').waitFor()
}

export async function adopted({ dashboard }: Story): Promise<void> {
  const { dialog } = dashboard
  const vf = dashboard.virtualFunctions(FOREIGN.host).first()
  const foreign = vf.locator('[data-drift="foreign-secondary-online"]')
  assert.deepEqual(await sides(foreign), ['state offline', 'state online, VQ 3, VI 2'])
  await dashboard.press(vf, 'Adopt…')
  await dashboard.press(dialog, 'Show what it does')
  await dialog.getByText('0 writes').waitFor()
  await dashboard.press(dialog, 'Run this plan')
  await dashboard.succeeded('Adopt a VF')
  await foreign.waitFor({ state: 'detached' })
  await vf.getByText('2 I/O queue pairs').waitFor()
}

/** What is desired, and what is. */
function sides(drift: Locator): Promise<readonly string[]> {
  return drift.locator('[data-side]').allTextContents()
}
