/** An operator who says what there is to be, and looks on while it comes. */
import assert from 'node:assert/strict'
import { LAB } from './stories-fleet.ts'
import type { Story } from './story.ts'

export async function declared({ dashboard, service }: Story): Promise<void> {
  const { dialog } = dashboard
  await service.assignFirst(LAB.serial, 'vm-3')
  const queuePairs = dialog.getByRole('group', { name: 'Queue pairs (VQ)' })
  const policy = dashboard.host(LAB.host).getByRole('region', { name: 'Declared VFs' })
  await dashboard.press(dashboard.controller(LAB.host, LAB.pf), 'Declare VFs…')
  await dialog.getByLabel('VFs', { exact: true }).fill('3')
  await queuePairs.getByLabel('Each').fill('4')
  await queuePairs.getByLabel('at most').fill('5')
  await dialog.getByRole('group', { name: '3. VF' }).locator('[data-nsid="3"]').check()
  await dashboard.press(dialog, 'Declare')
  await dialog.getByText('vq.each: has no weights, minimum or maximum beside it').waitFor()
  await queuePairs.getByLabel('at most').fill('')
  await dashboard.press(dialog, 'Declare')

  await policy.getByRole('heading', { name: 'Declared: 3 VFs' }).waitFor()
  await policy.getByText('not as declared yet').waitFor()
  const waiting = policy.locator('[data-vf-number="1"][data-state="waiting"]')
  await waiting.getByText('VF 1 is assigned to vm-3. Release it first.').waitFor()
  await service.release('vm-3')
  await policy.getByText('as declared', { exact: true }).waitFor()
  assert.deepEqual(await policy.locator('tbody tr').allTextContents(), [
    asDeclared('VF 1', 'VQ 4, VI 6, no namespace, no driver'),
    asDeclared('VF 2', 'VQ 4, VI 6, no namespace, no driver'),
    asDeclared('VF 3', 'VQ 4, VI 6, namespace 3, no driver'),
  ])

  await dashboard.press(policy, 'Declare no more…')
  await dashboard.press(dialog, 'Declare no more')
  await policy.waitFor({ state: 'detached' })
  assert.equal(await dashboard.virtualFunctions(LAB.host).count(), 3)
}

function asDeclared(vf: string, division: string): string {
  return `${vf}${division}online, ${division}as-declared`
}
