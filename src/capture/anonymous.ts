/**
 * A capture without what names a thing. The same text becomes the same replacement, so that what belonged together still
 * does; what a drive does not have it does not get.
 */
import type { CapturedHost, CapturedNamespace, CapturedSubsystem } from './captured-host.ts'

export function anonymous(captured: CapturedHost): CapturedHost {
  const { machineId: _, ...host } = captured
  const serials = replacements((n) => `ANON${String(n).padStart(4, '0')}`)
  const serialNumbers = replacements((n) => n.toString(16).padStart(16, '0'))
  const identifiers = {
    nguid: replacements((n) => n.toString(16).padStart(32, '0')),
    eui64: replacements((n) => n.toString(16).padStart(16, '0')),
    uuid: replacements((n) => n.toString(16).padStart(32, '0')),
  }
  const subsystems = host.subsystems.map((subsystem, i): CapturedSubsystem => ({
    ...subsystem,
    nqn: `nqn.2026-01.nvirt.anonymous:drive-${i + 1}`,
    serial: serials(subsystem.serial),
    controllers: subsystem.controllers.map((controller) =>
      controller.deviceSerialNumber === undefined
        ? controller
        : {
            ...controller,
            deviceSerialNumber: serialNumbers(controller.deviceSerialNumber),
          }
    ),
    namespaces: subsystem.namespaces.map((one) => withoutIdentifiers(one, identifiers)),
  }))
  return { ...host, name: 'captured', subsystems }
}

type Replace = (text: string) => string

function withoutIdentifiers(
  namespace: CapturedNamespace,
  replace: Readonly<Record<'nguid' | 'eui64' | 'uuid', Replace>>
): CapturedNamespace {
  const { nguid, eui64, uuid } = namespace
  return {
    ...namespace,
    ...(nguid !== undefined && { nguid: replace.nguid(nguid) }),
    ...(eui64 !== undefined && { eui64: replace.eui64(eui64) }),
    ...(uuid !== undefined && { uuid: replace.uuid(uuid) }),
  }
}

/** @param nth of the text, from 1 */
function replacements(nth: (n: number) => string): Replace {
  const known = new Map<string, string>()
  return (text) => {
    const replacement = known.get(text) ?? nth(known.size + 1)
    known.set(text, replacement)
    return replacement
  }
}
