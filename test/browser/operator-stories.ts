/** What an operator does who wants to know first: plans, drift, and declared VFs. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { watchErrors } from './chromium.ts'
import { Dashboard } from './dashboard.ts'
import { ServiceCalls } from './service-calls.ts'
import { startService } from '../support/service-process.ts'
import type { World } from './world.ts'

const HOST = 'rack1-lab-b'
const PF = '0000:01:00.0'
const SERIAL = 'PF0'
/** Its only namespace is held by device mapper, and it shares its IOMMU group with a drive that the host uses. */
const HELD = { host: 'rack2-plain-a', address: '0000:04:00.0', sibling: '0000:03:00.0' }

type Story = { readonly dashboard: Dashboard; readonly service: ServiceCalls }

const STORIES: Readonly<Record<string, (story: Story) => Promise<void>>> = {
  'a plan tells everything that speaks against it at once': refused,
  'a provisioning is planned, and a plan that the world has left behind says what moved':
    planned,
}

export async function operatorStories({ suite, browser, folder }: World): Promise<void> {
  const data = path.join(folder, 'operator')
  const service = await startService({ data, drills: true })
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
  const errors = watchErrors(page)
  const dashboard = new Dashboard(page)
  await dashboard.open(service.url)
  try {
    for (const [name, tell] of Object.entries(STORIES)) {
      await suite.test(name, () =>
        tell({ dashboard, service: new ServiceCalls(service.url) })
      )
    }
    await suite.test('the stories made no error', async () => {
      assert.deepEqual(errors, [])
    })
  } finally {
    await page.close()
    await service.stop()
  }
}

async function refused({ dashboard }: Story): Promise<void> {
  const { dialog } = dashboard
  await dashboard.press(dashboard.controller(HELD.host, HELD.address), 'Assign…')
  await dialog.getByLabel('For which virtual machine').fill('vm-1')
  await dashboard.press(dialog, 'Show what it does')
  await dialog.getByText('It cannot be run: 2 things speak against it.').waitFor()
  const refusals = await dialog.locator('.refusals li').allTextContents()
  assert.match(refusals.join('\n'), /dm-0/)
  assert.match(refusals.join('\n'), new RegExp(HELD.sibling))
  assert.equal(await dialog.getByRole('button', { name: 'Run this plan' }).count(), 0)
  await dashboard.press(dialog, 'Cancel')
}

async function planned({ dashboard, service }: Story): Promise<void> {
  const { dialog } = dashboard
  await dashboard.press(dashboard.controller(HOST, PF), 'Provision VFs…')
  await dialog.getByLabel(/nvme driver/).check()
  await dashboard.press(dialog, 'Show what it does')
  const writes = dialog.locator('.plan-steps').first().locator('.write')
  await writes.getByText(`write /sys/bus/pci/devices/${PF}/sriov_numvfs "8"`).waitFor()
  await writes.getByText('opcode 0x1c nsid 0 cdw10 0x10008 cdw11 0x2').waitFor()
  await dialog.getByText('Undo, should a step fail').click()
  await dialog.locator('.undo').getByText('sriov_numvfs "0"').waitFor()

  await dialog.getByLabel('I/O queue pairs').fill('2')
  await dialog.getByText('not the question any more').waitFor()
  await dashboard.press(dialog, 'Show what it does')
  await writes.getByText('assign 3 VQ to controller 1 through /dev/nvme0').waitFor()

  await service.provisionOne(SERIAL)
  await dashboard.press(dialog, 'Run this plan')
  await dialog.getByText('The world has moved since the plan was made').waitFor()
  await dialog.locator('[data-moved="sriov"]').getByText(PF).waitFor()
  await writes.getByText('assign 3 VQ to controller 2 through /dev/nvme0').waitFor()
  const planId = await dialog.locator('[data-plan-id]').getAttribute('data-plan-id')
  await dashboard.press(dialog, 'Run this plan')
  const operation = dashboard.page.locator(`[data-operation-id="${planId}"]`)
  await operation.and(dashboard.page.locator('[data-state="succeeded"]')).waitFor()
  assert.equal(await dialog.isVisible(), false)
}
