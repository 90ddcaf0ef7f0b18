/**
 * Identify (06h): which CNS a drive answers, and with which status it does not. The order of the checks is QEMU's
 * (hw/nvme/ctrl.c, nvme_identify). Compared on QEMU; which pages a drive without namespace or virtualization management
 * leaves out, from documents (NVMe Base 2.1, "Identify command").
 */
import type { AdminCommand } from '../../kernel/call.ts'
import { identifyController, IDENTIFY_LENGTH } from './identify-controller.ts'
import {
  controllerList,
  namespaceList,
  primaryCapabilities,
  secondaryList,
} from './identify-lists.ts'
import { identificationDescriptors, identifyNamespace } from './identify-namespace.ts'
import { BROADCAST, isValidNsid } from './namespace-ids.ts'
import { failed, INVALID_FIELD, INVALID_NAMESPACE, succeeded } from './status.ts'
import type { Completion } from './status.ts'
import { activeNamespaces } from './subsystem.ts'
import type { NvmeController } from './subsystem.ts'

export function identify(controller: NvmeController, command: AdminCommand): Completion {
  const { nsid = 0, cdw10 = 0 } = command
  const cntid = cdw10 >>> 16
  switch (cdw10 & 0xff) {
    case 0x00:
      return namespaceData(controller, nsid, 'active')
    case 0x01:
      return succeeded(identifyController(controller))
    case 0x02:
      return nsidList(controller, nsid, 'active')
    case 0x03:
      return descriptors(controller, nsid)
    case 0x10:
      return nsidList(controller, nsid, 'allocated')
    case 0x11:
      return namespaceData(controller, nsid, 'allocated')
    case 0x12:
      return attachedControllers(controller, nsid, cntid)
    case 0x13:
      return allControllers(controller, cntid)
    case 0x14:
      return virtualizationPage(controller, () => primaryCapabilities(controller))
    case 0x15:
      return virtualizationPage(controller, () => secondaryList(controller, cntid))
    default:
      return failed(INVALID_FIELD)
  }
}

/** How much of the subsystem the controller tells of. */
function scopeOf({ policy, subsystem }: NvmeController) {
  return policy.pages.ofSubsystem(subsystem.multiController)
}

type Which = 'active' | 'allocated'

/** undefined: such a drive does not know what "allocated" is. */
function known(controller: NvmeController, which: Which) {
  if (which === 'active') return activeNamespaces(controller)
  switch (scopeOf(controller)) {
    case 'everything':
      return [...controller.subsystem.namespaces.values()]
    case 'own-namespaces':
      return activeNamespaces(controller)
    case 'nothing':
      return undefined
  }
}

function namespaceData(controller: NvmeController, nsid: number, which: Which): Completion {
  const namespaces = known(controller, which)
  if (!namespaces) return failed(INVALID_FIELD)
  if (!isValidNsid(nsid) || nsid === BROADCAST) return failed(INVALID_NAMESPACE)
  const namespace = namespaces.find((one) => one.nsid === nsid)
  return succeeded(
    namespace
      ? identifyNamespace(namespace, controller.policy)
      : Buffer.alloc(IDENTIFY_LENGTH)
  )
}

function nsidList(controller: NvmeController, after: number, which: Which): Completion {
  const namespaces = known(controller, which)
  if (!namespaces) return failed(INVALID_FIELD)
  if (after >= BROADCAST - 1) return failed(INVALID_NAMESPACE)
  const nsids = namespaces.map((namespace) => namespace.nsid)
  return succeeded(namespaceList(nsids, after))
}

function descriptors(controller: NvmeController, nsid: number): Completion {
  if (!isValidNsid(nsid) || nsid === BROADCAST) return failed(INVALID_NAMESPACE)
  const namespace = activeNamespaces(controller).find((one) => one.nsid === nsid)
  return namespace ? succeeded(identificationDescriptors(namespace)) : failed(INVALID_FIELD)
}

function attachedControllers(
  controller: NvmeController,
  nsid: number,
  first: number
): Completion {
  const tells = scopeOf(controller) === 'everything'
  const namespace = tells ? controller.subsystem.namespaces.get(nsid) : undefined
  if (!namespace) return failed(INVALID_FIELD)
  return succeeded(controllerList(namespace.attachedTo, first))
}

function allControllers(controller: NvmeController, first: number): Completion {
  if (scopeOf(controller) !== 'everything') return failed(INVALID_FIELD)
  return succeeded(controllerList(controller.subsystem.controllers.keys(), first))
}

/** Without Virtualization Management there is nothing to say; QEMU says it. */
function virtualizationPage(
  { policy, kind }: NvmeController,
  page: () => Uint8Array
): Completion {
  const answers = policy.pages.virtualization === 'every-controller' || kind === 'primary'
  return answers ? succeeded(page()) : failed(INVALID_FIELD)
}
