/** An operator who wants to know what a change does before it is begun. */
import assert from 'node:assert/strict'
import { HELD, LAB } from './stories-fleet.ts'
import type { Story } from './story.ts'

export async function refused({ dashboard }: Story): Promise<void> {
  const { dialog } = dashboard
  await dashboard.press(dashboard.controller(HELD.host, HELD.address), 'Assign…')
  await dialog.getByLabel('For which virtual machine').fill('vm-1')
  await dashboard.press(dialog, 'Show what it does')
  await dialog.getByText('It cannot be run: 2 things speak against it.').waitFor()
  // Who uses the keyboard goes on reading there.
  assert.equal(await dialog.locator(':focus').textContent(), 'What it does: Assign')
  const refusals = await dialog.locator('.refusals li').allTextContents()
  assert.match(refusals.join('\n'), /dm-0/)
  assert.match(refusals.join('\n'), new RegExp(HELD.sibling))
  assert.equal(await dialog.getByRole('button', { name: 'Run this plan' }).count(), 0)
  await dashboard.press(dialog, 'Cancel')
}

export async function takesDown({ dashboard }: Story): Promise<void> {
  const { dialog } = dashboard
  await dashboard.press(dashboard.controller(LAB.host, LAB.pf), 'Its own resources…')
  await dialog.getByLabel('Queue pairs (VQ)').fill('4')
  await dashboard.press(dialog, 'Show what it does')
  const reset = dialog.locator('[data-reach="reset"]')
  await reset.getByText(`${LAB.pf} is reset, which takes its VFs down`).waitFor()
  await dialog.getByText('allocate 4 VQ').first().waitFor()
  await dashboard.press(dialog, 'Cancel')
}

export async function planned({ dashboard, service }: Story): Promise<void> {
  const { dialog } = dashboard
  await dashboard.press(dashboard.controller(LAB.host, LAB.pf), 'Provision VFs…')
  await dialog.getByLabel(/nvme driver/).check()
  await dashboard.press(dialog, 'Show what it does')
  const writes = dialog.locator('.plan-steps').first().locator('.write')
  await writes.getByText(`write /sys/bus/pci/devices/${LAB.pf}/sriov_numvfs "8"`).waitFor()
  await writes.getByText('opcode 0x1c nsid 0 cdw10 0x10008 cdw11 0x2').waitFor()
  await dialog.getByText('Undo, should a step fail').click()
  await dialog.locator('.undo').getByText('sriov_numvfs "0"').waitFor()

  await dialog.getByLabel('I/O queue pairs').fill('2')
  await dialog.getByText('not the question any more').waitFor()
  await dashboard.press(dialog, 'Show what it does')
  await writes.getByText('assign 3 VQ to controller 1 through /dev/nvme0').waitFor()

  await service.provisionOne(LAB.serial)
  await dashboard.press(dialog, 'Run this plan')
  await dialog.getByText('The world has moved since the plan was made').waitFor()
  await dialog.locator('[data-moved="sriov"]').getByText(LAB.pf).waitFor()
  await writes.getByText('assign 3 VQ to controller 2 through /dev/nvme0').waitFor()
  const planId = await dialog.locator('[data-plan-id]').getAttribute('data-plan-id')
  await dashboard.press(dialog, 'Run this plan')
  const operation = dashboard.page.locator(`[data-operation-id="${planId}"]`)
  await operation.and(dashboard.page.locator('[data-state="succeeded"]')).waitFor()
  assert.equal(await dialog.isVisible(), false)

  // Its card looks as before; what its button asks does not.
  await dashboard.host(LAB.host).getByText('27 of 32 VQ').waitFor()
  await dashboard.press(dashboard.controller(LAB.host, LAB.pf), 'Provision VFs…')
  await dialog.getByText('Free: 27 VQ').waitFor()
  await dashboard.press(dialog, 'Cancel')
}
