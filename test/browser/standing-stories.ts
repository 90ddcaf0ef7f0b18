/** An operator who is told what has become of a drive, or a host, and what to do about it. */
import { FOREIGN, LAB } from './stories-fleet.ts'
import type { Story } from './story.ts'

const FORMAT = { call: 'admin', opcode: 0x80 }

export async function ambiguous({ dashboard, service }: Story): Promise<void> {
  const plain = dashboard.controller(LAB.host, LAB.plain)
  const twin = dashboard.controller(FOREIGN.host, FOREIGN.plain)
  const standing = plain.locator('[data-standing="ambiguous"]')
  await standing.getByText('Remove one of the two drives').waitFor()
  await twin.locator('[data-standing="ambiguous"]').waitFor()
  await service.happens(FOREIGN.host, { event: 'surprise-removal', address: FOREIGN.plain })
  await dashboard.press(dashboard.host(FOREIGN.host), 'Rescan')
  await twin.waitFor({ state: 'detached' })
  await dashboard.press(dashboard.host(LAB.host), 'Rescan')
  await standing.waitFor({ state: 'detached' })
}

export async function lost({ dashboard, service }: Story): Promise<void> {
  const { dialog } = dashboard
  const host = dashboard.host(LAB.host)
  const plain = dashboard.controller(LAB.host, LAB.plain)
  await dashboard.press(plain, 'Assign…')
  await dialog.getByLabel('For which virtual machine').fill('vm-9')
  await dashboard.press(dialog, 'Assign')
  await dashboard.succeeded('Assign')
  await service.happens(LAB.host, { event: 'surprise-removal', address: LAB.plain })
  await dashboard.press(host, 'Rescan')
  const card = host.locator('article.controller').filter({ hasText: 'vm-9' })
  await card
    .locator('[data-standing="lost"]')
    .getByText('Plug the drive in again')
    .waitFor()
  await card.getByRole('button', { name: 'Release…' }).waitFor()
  await service.happens(LAB.host, { event: 'hot-plug', address: LAB.plain })
  await dashboard.press(host, 'Rescan')
  await plain.getByText('ready: vm-9').waitFor()
}

export async function restoring({ dashboard, service }: Story): Promise<void> {
  const host = dashboard.host(LAB.host)
  const plain = dashboard.controller(LAB.host, LAB.plain)
  await host.getByText('ready', { exact: true }).waitFor()
  const path = `**/${LAB.plain}/driver_override`
  const match = { call: 'write', path }
  const goOn = await service.spoiled(LAB.host, match, 'never-returns')
  await service.happens(LAB.host, { event: 'reboot' })
  await dashboard.press(host, 'Rescan')
  await host.getByText('restoring: what it had before it was started').waitFor()
  await plain
    .locator('[data-standing="restoring"]')
    .getByText('brought back to vm-9')
    .waitFor()
  await goOn()
  await plain.getByText('ready: vm-9').waitFor()
  await host.getByText('ready', { exact: true }).waitFor()
}

export async function quarantined({ dashboard, service }: Story): Promise<void> {
  const { dialog } = dashboard
  const plain = dashboard.controller(LAB.host, LAB.plain)
  const standing = plain.locator('[data-standing="quarantined"]')
  const mended = await service.spoiled(LAB.host, FORMAT, 'without-effect')
  await dashboard.press(plain, 'Release…')
  await dashboard.press(dialog, 'Release')
  await standing.getByText('formatting namespace 1').waitFor()
  await standing.getByText('Clean it again, or free it as it is').waitFor()
  await mended()
  await dashboard.press(plain, 'Clean again…')
  await dashboard.press(dialog, 'Clean')
  await standing.waitFor({ state: 'detached' })
  await plain.getByRole('button', { name: 'Assign…' }).waitFor()
}
