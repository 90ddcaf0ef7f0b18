/** Provision, assign, release and retire by the page's buttons alone. */
import assert from 'node:assert/strict'
import path from 'node:path'
import type { Locator, Route } from 'playwright-core'
import { watchErrors } from './chromium.ts'
import { Dashboard } from './dashboard.ts'
import { startService } from '../support/service-process.ts'
import type { World } from './world.ts'

const HOST = 'rack1-lab-b'
const PF = '0000:01:00.0'
const MOUNTED = { host: 'rack1-nvme-a', address: '0000:41:00.0', mount: '/srv/images' }

type Clicks = {
  readonly dashboard: Dashboard
  /** The VF with the lowest number that is in use. */
  readonly vf: Locator
}

const STEPS: Readonly<Record<string, (clicks: Clicks) => Promise<void>>> = {
  'two VFs are provisioned by the dialog, with a namespace': provision,
  'a VF that the host uses shows its queues': showsQueues,
  'a VF is assigned, and its consumer is told how to use it': assign,
  'a guest that owns the queues is said in words, not drawn as zero': saysOwner,
  'a refusal is shown with its reason and its remedy': showsRefusal,
  'a released VF is cleaned, and free again': release,
  'retired VFs go back to the pool': retire,
  'a button that is pressed again, since its answer was lost, begins nothing anew':
    losesAnswer,
}

export async function clickThrough({ suite, browser, folder }: World): Promise<void> {
  const service = await startService({ data: path.join(folder, 'clicks') })
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
  const errors = watchErrors(page)
  const dashboard = new Dashboard(page)
  const vf = dashboard.virtualFunctions(HOST).first()
  await dashboard.open(service.url)
  try {
    for (const [name, step] of Object.entries(STEPS)) {
      await suite.test(name, () => step({ dashboard, vf }))
    }
    await suite.test('clicking through made no error', async () => {
      assert.deepEqual(errors, [])
    })
  } finally {
    await page.close()
    await service.stop()
  }
}

async function provision({ dashboard, vf }: Clicks): Promise<void> {
  const { dialog } = dashboard
  await dashboard.press(dashboard.controller(HOST, PF), 'Provision VFs…')
  await dialog.getByLabel('VFs', { exact: true }).fill('2')
  const [first] = await dialog.locator('.vf-row').all()
  assert.ok(first)
  await first.getByLabel('I/O queue pairs').fill('3')
  await first.locator('[data-nsid="2"]').check()
  await dialog.getByLabel(/nvme driver/).check()
  await dashboard.press(dialog, 'Provision')
  await dashboard.succeeded('Provision VFs')
  await vf.getByText('VQ 4, VI 4').waitFor()
  assert.equal(await dashboard.virtualFunctions(HOST).count(), 2)
}

async function showsQueues({ dashboard, vf }: Clicks): Promise<void> {
  await vf.locator('.figures[data-observed="true"]').waitFor()
  assert.equal(await vf.locator('tbody tr').count(), 3)
  await dashboard.page.screenshot({ path: screenshot(), fullPage: true })
}

async function assign({ dashboard, vf }: Clicks): Promise<void> {
  await dashboard.press(vf, 'Assign…')
  await dashboard.dialog.getByLabel('For which virtual machine').fill('vm-7')
  await dashboard.press(dashboard.dialog, 'Assign')
  const refusal = dashboard.dialog.locator('[data-check="not-tenant-safe"]')
  await refusal.getByText('attach and detach namespaces of others').waitFor()
  await dashboard.dialog.getByLabel('not-tenant-safe').check()
  await dashboard.press(dashboard.dialog, 'Assign')
  await dashboard.succeeded('Assign')
  await vf.getByText('ready: vm-7').waitFor()
  await vf.getByText(/For its consumer vm-7: \/dev\/vfio\/\d+/).click()
  await vf.getByText(/-device vfio-pci/).waitFor()
}

async function saysOwner({ vf }: Clicks): Promise<void> {
  await vf.getByText('A guest owns these queues').waitFor()
  assert.equal(await vf.locator('table:visible').count(), 0)
}

async function showsRefusal({ dashboard }: Clicks): Promise<void> {
  const { host, address, mount } = MOUNTED
  await dashboard.press(dashboard.controller(host, address), 'Assign…')
  await dashboard.dialog.getByLabel('For which virtual machine').fill('vm-8')
  await dashboard.press(dashboard.dialog, 'Assign')
  const refusal = dashboard.dialog.locator('[data-check="namespace-mounted"]')
  await refusal.getByText(mount).waitFor()
  await dashboard.press(dashboard.dialog, 'Cancel')
}

async function release({ dashboard, vf }: Clicks): Promise<void> {
  const { dialog } = dashboard
  await dashboard.press(vf, 'Release…')
  const asItIs = dialog.getByLabel('Free it although it is not cleaned')
  const logical = dialog.getByLabel('Delete its namespaces and create others')
  await asItIs.check()
  await logical.check()
  await dashboard.press(dialog, 'Release')
  await dialog.getByText('is cleaned in no way').first().waitFor()
  await asItIs.uncheck()
  await logical.uncheck()
  await dashboard.press(dialog, 'Release')
  await dashboard.succeeded('Release')
  await vf.getByRole('button', { name: 'Retire' }).waitFor()
}

async function retire({ dashboard, vf }: Clicks): Promise<void> {
  for (const left of [1, 0]) {
    await dashboard.press(vf, 'Retire…')
    await dashboard.press(dashboard.dialog, 'Retire')
    await dashboard.succeeded('Retire a VF')
    await dashboard.virtualFunctions(HOST).nth(left).waitFor({ state: 'detached' })
  }
  await dashboard.host(HOST).getByText('8 VFs of 8 in the pool').waitFor()
}

/** The service has begun it by then: only its answer does not reach the page. */
async function losesAnswer({ dashboard }: Clicks): Promise<void> {
  const { dialog, page } = dashboard
  const begun: string[] = []
  const loses = async (route: Route) => {
    const { id } = (await (await route.fetch()).json()) as { readonly id: string }
    begun.push(id)
    await route.abort()
  }
  await page.route(/controllers\/[^/]+\/virtualFunctions$/, loses, { times: 1 })
  await dashboard.press(dashboard.controller(HOST, PF), 'Provision VFs…')
  await dashboard.press(dialog, 'Provision')
  await dialog.getByText('The service cannot be reached').waitFor()
  await dashboard.press(dialog, 'Provision')
  await dialog.waitFor({ state: 'hidden' })
  assert.deepEqual([await dashboard.operation.getAttribute('data-operation-id')], begun)
  await dashboard.operation.and(page.locator('[data-state="succeeded"]')).waitFor()
  await dashboard.host(HOST).getByText('7 VFs of 8 in the pool').waitFor()
}

function screenshot(): string {
  const report = process.env['REPORT']
  const folder = report === undefined ? 'test-results' : path.dirname(report)
  return path.join(folder, 'dashboard.png')
}
