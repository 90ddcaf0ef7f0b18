/** What is declared of the VFs of a controller: how many, how they share its pools, which namespaces each has. */
export type VirtualFunctionPolicyRow = {
  readonly controllerId: string
  /** As it was asked for. */
  readonly request: VirtualFunctionPolicy
  /** What it makes of VF 1, 2 … `count`, in their order: the pools, divided when it was set. */
  readonly virtualFunctions: readonly DeclaredVf[]
  readonly actor: string
  /** Whose the VFs are. */
  readonly tenant: string
  readonly at: string
}

export type VirtualFunctionPolicy = {
  /** 0: there are to be none. */
  readonly count: number
  readonly vq: PolicySharing
  readonly vi: PolicySharing
  /** The first list for VF 1, and so on. VFs beyond the last list have none. */
  readonly namespaceIds?: readonly (readonly string[])[]
  /** Default none. `nvme`: the host's own driver takes the functions. */
  readonly driver?: 'none' | 'nvme'
}

/** Of VQ or VI. `each`, or by weight; with neither, all weigh the same. */
export type PolicySharing = {
  readonly each?: number
  /** One for each VF. */
  readonly weights?: readonly number[]
  readonly minimum?: number
  readonly maximum?: number
}

export type DeclaredVf = {
  readonly vq: number
  readonly vi: number
  readonly nsids: readonly number[]
}
