/* oxlint-disable max-lines -- generated from openapi.yaml: npm run openapi:generate */
export interface paths {
  '/v1/hosts': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List hosts
     * @description Hosts of the fleet, those that are away included.
     */
    get: operations['listHosts']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/hosts/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get host
     * @description One host.
     */
    get: operations['getHost']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/hosts/{id}/rescan': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Rescan host
     * @description Looks at the host now and stores what differs. Changes nothing on the host; safe to repeat.
     */
    post: operations['rescanHost']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/hosts/{id}/driftPolicy': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    /**
     * Set drift policy
     * @description Whether nvirt only reports drift of this host, or heals it where nobody uses the function. What was given up is tried again. Safe to repeat.
     */
    put: operations['setDriftPolicy']
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/controllers': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List controllers
     * @description NVMe controllers of physical functions: SR-IOV primaries and plain ones.
     */
    get: operations['listControllers']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/controllers/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get controller
     * @description One controller with its pools, capabilities and health.
     */
    get: operations['getController']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/controllers/{id}/virtualFunctions': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Provision virtual functions
     * @description Takes VFs out of the pool: gives each its queue pairs and vectors, brings it online, and attaches exactly the namespaces that were asked for. Undone whole when it fails.
     */
    post: operations['provisionVirtualFunctions']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/controllers/{id}/primaryResources': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Resize primary
     * @description Gives the primary flexible resources of its own, or takes them from it, and resets its function, since only then they are in force. Refused while anybody would be taken down: VFs, and file systems of the host. Undone whole when it fails.
     */
    post: operations['resizePrimary']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/controllers/{id}/heal': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Heal controller
     * @description Brings a controller that is assigned back to its consumer. Refused while anybody uses it.
     */
    post: operations['healController']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/virtualFunctions': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List virtual functions
     * @description VFs of SR-IOV controllers, those in the pool included.
     */
    get: operations['listVirtualFunctions']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/virtualFunctions/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get virtual function
     * @description One VF: what was asked for, and what is.
     */
    get: operations['getVirtualFunction']
    put?: never
    post?: never
    /**
     * Retire virtual function
     * @description Returns the VF and its resources to the pool. Retiring the last one of a controller disables VFs again.
     */
    delete: operations['retireVirtualFunction']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/virtualFunctions/{id}/heal': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Heal virtual function
     * @description Brings the VF, and its assignment, to what is desired. Refused while anybody uses it. An assignment follows its VF by itself.
     */
    post: operations['healVirtualFunction']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/virtualFunctions/{id}/adopt': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Adopt virtual function
     * @description Makes a VF that somebody else brought online one that nvirt provisioned, as it is. Refused while anybody uses it.
     */
    post: operations['adoptVirtualFunction']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/virtualFunctionPolicies': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List virtual function policies
     * @description What is declared of the VFs of controllers: desired against actual, and why they differ.
     */
    get: operations['listVirtualFunctionPolicies']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/controllers/{id}/virtualFunctionPolicy': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get virtual function policy
     * @description What is declared of the VFs of a controller: desired against actual, and why they differ.
     */
    get: operations['getVirtualFunctionPolicy']
    /**
     * Declare virtual functions
     * @description Says which VFs the controller is to have. The pools are divided now; VFs are made, changed and retired by and by, and never while anybody uses them. Kept through restarts of the host. Safe to repeat; what was given up is tried again.
     */
    put: operations['declareVirtualFunctions']
    post?: never
    /**
     * Undeclare virtual functions
     * @description The VFs of the controller are no longer declared. They stay as they are; to retire all, declare 0 of them before.
     */
    delete: operations['undeclareVirtualFunctions']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/namespaces': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List namespaces
     * @description Namespaces with size, format, who has them and what uses them.
     */
    get: operations['listNamespaces']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/namespaces/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get namespace
     * @description One namespace.
     */
    get: operations['getNamespace']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/assignments': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List assignments
     * @description Assignments of the tenant, those that are over included.
     */
    get: operations['listAssignments']
    put?: never
    /**
     * Create assignment
     * @description Hands a VF or a whole controller to a consumer through VFIO. Refused while anything on the host uses it.
     */
    post: operations['createAssignment']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/assignments/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get assignment
     * @description One assignment, with what its consumer needs once it is ready.
     */
    get: operations['getAssignment']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/assignments/{id}/release': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Release assignment
     * @description Takes the function back, erases what its consumer had on it, and gives it the driver that it had. It stays quarantined where it cannot be told that everything is gone; that can be accepted by name.
     */
    post: operations['releaseAssignment']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/operations': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List operations
     * @description Operations of the tenant, oldest first. They are kept.
     */
    get: operations['listOperations']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/operations/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get operation
     * @description One operation with its steps, and whom it waits for.
     */
    get: operations['getOperation']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/operations/{id}/wait': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Wait for operation
     * @description Answers when the operation has ended, or after the timeout with the operation as it then is.
     */
    get: operations['waitForOperation']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/operations/{id}/cancel': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Cancel operation
     * @description Undoes an operation that has not come to its commit step. What it waits for it leaves at once, a step that runs is let end, and a kernel call that is blocked has to come back before the undo begins. Kept through restarts. Safe to repeat until it has ended.
     */
    post: operations['cancelOperation']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/operations/{id}/retry': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Retry operation
     * @description Lets an operation that is stuck go on from where it stuck: forward after its commit step, back before it. Refused when others have worked on its functions since. One that was undone is asked for anew.
     */
    post: operations['retryOperation']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/events': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List events
     * @description Events in the order in which their changes became durable: numbers never appear out of order, so whoever asks after the last number that it saw misses nothing.
     */
    get: operations['listEvents']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/hosts/{id}/drills': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List drills
     * @description Faults that are armed on the host, those of its machine file included. Those that are used up stay until they are taken back.
     */
    get: operations['listDrills']
    put?: never
    /**
     * Start drill
     * @description Arms a fault on an emulated host, or lets an event happen to it. Refused unless the service was started with drills allowed, and for a real host. Safe to repeat with an Idempotency-Key only.
     */
    post: operations['startDrill']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/hosts/{id}/drills/{drillId}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    post?: never
    /**
     * End drill
     * @description Takes an armed fault back. Calls that hang in it come back.
     */
    delete: operations['endDrill']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/telemetry': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Stream telemetry
     * @description A WebSocket that speaks nvirt.telemetry.v1, which asyncapi.yaml describes: JSON messages, and frames as JSON or as binary columns. Send `{"type":"subscribe","id":"a","hostIds":[…],"periodMs":1000}`; the answer is `subscribed` with a channel, and a `frame` of that channel follows for each function and period. A reader that is too slow gets the newest frame of each function, and `missed` tells how many were left out before it. Browsers, which cannot set a header here, offer the subprotocols `nvirt.telemetry.v1` and `nvirt.token.` followed by the token.
     */
    get: operations['streamTelemetry']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/telemetry/history': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get telemetry history
     * @description Samples of the last quarter of an hour, minutes of the last 30 days, as far as the budgets reach: `sources` says what there really is. Controllers are always kept, VFs while they are assigned or watched, queues while they are watched or pinned and a quarter of an hour after. What was not observed is null, never zero.
     */
    get: operations['getTelemetryHistory']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/telemetry/pins': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List telemetry pins
     * @description Functions whose queues are kept although nobody looks; few, on one page.
     */
    get: operations['listTelemetryPins']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/telemetry/pins/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    /**
     * Pin telemetry
     * @description From now on the queues of the function are kept at one second, through restarts. Safe to repeat.
     */
    put: operations['pinTelemetry']
    post?: never
    /**
     * Unpin telemetry
     * @description What is kept stays until its time has come. Safe to repeat.
     */
    delete: operations['unpinTelemetry']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/healthz': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get health
     * @description Whether the service answers. Needs no token.
     */
    get: operations['getHealth']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
}
export type webhooks = Record<string, never>
export interface components {
  schemas: {
    /** @description A function in the hands of a consumer, whatever the power state of its virtual machine */
    Assignment: {
      /** @description Opaque id */
      id: string
      /** @description Host of the function */
      hostId: string
      /**
       * @description What was assigned
       * @enum {string}
       */
      functionKind: 'controller' | 'virtualFunction'
      /** @description Id of the function */
      functionId: string
      /**
       * @description Where it is in its life
       * @enum {string}
       */
      state:
        | 'requested'
        | 'preparing'
        | 'ready'
        | 'restoring'
        | 'lost'
        | 'releasing'
        | 'cleaning'
        | 'quarantined'
        | 'released'
        | 'failed'
      /** @description Which virtual machine this is for */
      consumer: string
      /** @description Who asked for it */
      actor: string
      /** @description Whose it is */
      tenant: string
      /** @description Operation that made or ends it */
      operationId: string
      /** @description What was recorded before the function was touched */
      before: {
        /** @description Driver and override */
        binding: {
          /** @description Driver */
          driver: string | null
          /** @description Driver override */
          override: string | null
        }
        /** @description Who was behind the address */
        identity: unknown
        /** @description Firmware and wear of its drive at hand-over, where it answered */
        condition?: unknown
        /** @description Of a controller that went with chosen namespaces: what was attached to what, and is put back */
        attachments?: {
          /** @description Namespaces that the consumer has, and no others */
          given: number[]
          /** @description Controllers whose attachments were changed: the assigned one, then those of the host */
          controllers: number[]
          /** @description Each namespace that is concerned, as it was */
          found: {
            /** @description NSID */
            nsid: number
            /** @description Whether it may be attached to several controllers at once */
            shared: boolean
            /** @description Those of the controllers that had it */
            cntlids: number[]
          }[]
          /** @description Whether all of it was put back */
          returned?: boolean
        }
        /** @description Namespaces that a controller went with, and all that its drive had then */
        reached?: unknown
        /** @description Namespaces that a release deletes, until others like them are created */
        recreating?: unknown
        /** @description Evidence, by step, of releases that have cleaned it, so that the next one erases nothing again */
        cleaned?: unknown
      } | null
      /** @description What the consumer needs, once the assignment is ready */
      handOver: {
        /** @description PCI address of the function */
        address: string
        /** @description Number of its IOMMU group */
        iommuGroup: number
        /** @description Device file of the group: `/dev/vfio/7` */
        vfioPath: string
        /** @description Arguments for QEMU */
        qemuArguments: string[]
        /** @description A libvirt hostdev element */
        libvirtXml: string
      } | null
      /** @description Why the function is quarantined */
      quarantine: string | null
      /** @description Namespaces that the consumer has, as last seen */
      namespaceIds: string[]
      /** @description Where what is desired and what is seen differ. None while an operation decides about it */
      drift: components['schemas']['Drift'][]
      /**
       * Format: date-time
       * @description When it was asked for
       */
      createdAt: string
      /**
       * Format: date-time
       * @description When it last changed
       */
      updatedAt: string
    }
    /** @description A VF or a whole controller, exactly one of the two, for a consumer */
    AssignRequest: {
      /** @description Id of a VF */
      virtualFunctionId?: string
      /** @description Id of a controller */
      controllerId?: string
      /** @description Only with `controllerId`, and where another controller of its subsystem stays with the host. Namespaces of the subsystem with which the controller goes, and no others: they are detached from every other controller of the host, and what else is attached to it stays with the host, through another one. Left out: it goes with whatever is attached to it. */
      namespaceIds?: string[]
      /** @description Which virtual machine this is for: free text */
      consumer: string
      /** @description Checks that are not to refuse, each by its name. `not-tenant-safe`: the tenant is trusted not to use what the VF lets it do to others; `isolation-weakened`: nor that the kernel of the host isolates less than its IOMMU groups say. */
      accept?: ('not-tenant-safe' | 'isolation-weakened')[]
    }
    /** @description An NVMe controller of a physical function: an SR-IOV primary or a plain one */
    Controller: {
      /** @description Opaque id: of serial number, NQN and controller id */
      id: string
      /** @description Host that it is in */
      hostId: string
      /** @description `nvme0`, an attribute: it may change */
      name: string | null
      /** @description State by the host driver: `live` */
      state: string | null
      /** @description Serial number */
      serial: string
      /** @description Model */
      model: string | null
      /** @description Firmware revision */
      firmware: string | null
      /** @description NVMe qualified name of the subsystem */
      subsystemNqn: string
      /** @description Controller id in its subsystem */
      cntlid: number
      /** @description Still in the host */
      present: boolean
      /** @description Another function claims the same identity: neither is handed over */
      ambiguous: boolean
      /** @description I/O queue pairs of the host driver */
      ioQueuePairs: number | null
      /** @description Commands that fit in an I/O queue */
      queueDepth: number | null
      /** @description SR-IOV of a primary */
      sriov: {
        /** @description VFs that the function can have */
        totalVfs: number
        /** @description VFs that are enabled */
        vfCount: number
        /** @description The kernel probes VFs as they appear */
        autoprobe: boolean
        vq: components['schemas']['FlexiblePool'] | null
        vi: components['schemas']['FlexiblePool'] | null
      } | null
      /** @description Capabilities */
      capabilities: {
        /** @description Attaches and detaches namespaces */
        namespaceManagement: boolean
        /** @description Gives resources to secondary controllers */
        virtualizationManagement: boolean
        /** @description Shadow doorbells for emulated controllers */
        doorbellBufferConfig: boolean
        /** @description Formats namespaces */
        format: boolean
        /** @description Most namespaces of the subsystem */
        maxNamespaces: number
        /** @description Capacity in bytes, decimal */
        totalCapacityBytes: string
      } | null
      /** @description SMART / health summary */
      smart: {
        /** @description Bits of the critical warning */
        criticalWarning: number
        /** @description Composite temperature, K */
        temperatureKelvin: number
        /** @description Available spare, % */
        availableSparePercent: number
        /** @description Endurance used, %; may exceed 100 */
        percentageUsed: number
        /** @description Thousands of 512-byte units read, decimal */
        dataUnitsRead: string
        /** @description Thousands of 512-byte units written, decimal */
        dataUnitsWritten: string
        /** @description Hours of power, decimal */
        powerOnHours: string
        /** @description Media and data integrity errors, decimal */
        mediaErrors: string
      } | null
      /**
       * @description By the SMART summary
       * @enum {string}
       */
      health: 'ok' | 'warning' | 'critical' | 'unknown'
      /** @description Assignment that has it */
      assignmentId: string | null
      /** @description Operation that holds it */
      changingBy: string | null
      /** @description Where what is desired and what is seen differ. None while an operation decides about it */
      drift: components['schemas']['Drift'][]
      /** @description PCI address, an attribute: it may change. Null: no function yet */
      pciAddress: string | null
      /** @description Driver that holds the function */
      driver: string | null
      /** @description The only driver that may bind, where one is set */
      driverOverride: string | null
      iommuGroup: components['schemas']['IommuGroup'] | null
      /** @description NUMA node; -1: unknown */
      numaNode: number
      link: components['schemas']['PcieLink'] | null
      /** @description Ways the kernel can reset it */
      resetMethods: string[] | null
      /** @description A kernel call on this function that does not come back */
      blocked: string | null
      /**
       * Format: date-time
       * @description When this was seen
       */
      observedAt: string
    }
    /**
     * @description The VFs that a controller is to have, and how they share its pools
     * @example {
     *       "count": 2,
     *       "vq": {
     *         "weights": [
     *           2,
     *           1
     *         ],
     *         "maximum": 8
     *       },
     *       "vi": {
     *         "each": 3
     *       },
     *       "driver": "none"
     *     }
     */
    VirtualFunctionPolicyRequest: {
      /** @description VFs that there are to be: VF 1 to this one. 0: none */
      count: number
      /** @description How the VFs share queue pairs, the admin queue pair included, of the pool: each a number, or by weight */
      vq: {
        /** @description queue pairs, the admin queue pair included, for each VF; nothing else beside it */
        each?: number
        /** @description One for each VF. Default: all weigh the same */
        weights?: number[]
        /** @description Least for each VF. Default: what it needs to come online */
        minimum?: number
        /** @description Most for each VF. Default: what the drive lets one have */
        maximum?: number
      }
      /** @description How the VFs share interrupt vectors of the pool: each a number, or by weight */
      vi: {
        /** @description interrupt vectors for each VF; nothing else beside it */
        each?: number
        /** @description One for each VF. Default: all weigh the same */
        weights?: number[]
        /** @description Least for each VF. Default: what it needs to come online */
        minimum?: number
        /** @description Most for each VF. Default: what the drive lets one have */
        maximum?: number
      }
      /** @description Namespaces, the first list of VF 1. Default: none */
      namespaceIds?: string[][]
      /**
       * @description Whether the host uses the VFs itself. Default: none
       * @enum {string}
       */
      driver?: 'none' | 'nvme'
    }
    /**
     * @description A fault to arm or an event to happen, exactly one of the two
     * @example {
     *       "fault": {
     *         "match": {
     *           "path": "**\/sriov_numvfs"
     *         },
     *         "times": 1,
     *         "kind": {
     *           "fault": "errno",
     *           "errno": "EIO"
     *         }
     *       }
     *     }
     * @example {
     *       "event": {
     *         "event": "surprise-removal",
     *         "address": "0000:41:00.0"
     *       }
     *     }
     */
    DrillRequest: {
      fault?: components['schemas']['Fault']
      event?: components['schemas']['MachineEvent']
    }
    /** @description An emulated host that was made to fail */
    Drill: {
      /** @description Opaque id of an armed fault; null for an event, which is over */
      id: string | null
      /** @description Host that fails */
      hostId: string
      fault: components['schemas']['Fault'] | null
      event: components['schemas']['MachineEvent'] | null
      /** @description Calls that the fault has spoiled */
      struck: number
      /** @description Calls that hang in it now */
      hanging: number
      /** @description Nothing more will come of it */
      over: boolean
    }
    /**
     * @description What nvirt does about drift of a host, besides telling it
     * @example {
     *       "policy": "heal"
     *     }
     */
    DriftPolicy: {
      /**
       * @description Report: nothing. Heal: what nobody uses is brought to what is desired, in a few attempts
       * @enum {string}
       */
      policy: 'report' | 'heal'
    }
    /** @description A difference between what is desired of a function and what is seen of it */
    Drift: {
      /**
       * @description What differs
       * @enum {string}
       */
      kind:
        | 'hardware-missing'
        | 'ambiguous'
        | 'vfs-gone'
        | 'vf-offline'
        | 'resources-lost'
        | 'resources-changed'
        | 'namespace-detached'
        | 'foreign-namespace-attached'
        | 'driver-changed'
        | 'override-changed'
        | 'moved'
        | 'autoprobe-changed'
        | 'foreign-vfs'
        | 'foreign-secondary-online'
      /** @description What is desired */
      expected: unknown
      /** @description What was seen */
      found: unknown
      /** @description What to do about it */
      remedy: string
      /**
       * Format: date-time
       * @description When it was first seen
       */
      since: string
    }
    /** @description Something that happened */
    Event: {
      /** @description Ascending in the order in which changes became durable */
      number: number
      /** @description `virtual-function.provisioned` */
      type: string
      /**
       * Format: date-time
       * @description When
       */
      at: string
      /** @description Host that it concerns */
      hostId: string | null
      /** @description What it happened to */
      subject: {
        /** @description Kind of resource */
        kind: string
        /** @description Id of the resource */
        id: string
      }
      /** @description Who did it */
      actor: string
      /** @description Whose it is */
      tenant: string
      /** @description Operation that did it */
      operationId: string | null
      /** @description By type */
      detail: unknown
    }
    /** @description Kernel calls of a host that are spoiled */
    Fault: {
      /** @description Which kernel calls; whatever is left out matches all */
      match: {
        /**
         * @description Kind of call
         * @enum {string}
         */
        call?:
          | 'read'
          | 'readBytes'
          | 'readLink'
          | 'readDir'
          | 'exists'
          | 'write'
          | 'admin'
          | 'openExclusive'
          | 'holdDisk'
          | 'letGoDisk'
          | 'readBlocks'
          | 'writeBlocks'
          | 'writeZeroes'
          | 'vfioGroupStatus'
          | 'holders'
        /** @description Glob of the whole path or device: `**\/sriov_numvfs` */
        path?: string
        /** @description What is written, exactly */
        text?: string
        /** @description Function that it is about */
        address?: string
        /** @description Of an admin command */
        opcode?: number
        /** @description Namespace id of an admin command */
        nsid?: number
        /** @description Command dword 10 */
        cdw10?: number
        /** @description Command dword 11 */
        cdw11?: number
        /** @description Only calls that may change something */
        control?: boolean
      }
      /** @description Matching calls to let pass first */
      skip?: number
      /** @description Matching calls to spoil; default all */
      times?: number
      /** @description Part of them; default all */
      chance?: number
      /** @description Of the chance */
      seed?: number
      /** @description What becomes of the call */
      kind:
        | {
            /** @constant */
            fault: 'errno'
            /** @description `EIO` */
            errno: string
          }
        | {
            /** @constant */
            fault: 'status'
            /** @description 15 bits */
            status: number
          }
        | {
            /** @constant */
            fault: 'status-with-effect'
            /** @description 15 bits */
            status: number
            /** @description So much later */
            ms: number
          }
        | {
            /** @constant */
            fault: 'without-effect'
          }
        | {
            /** @constant */
            fault: 'slow'
            /** @description Milliseconds */
            ms: number
          }
        | {
            /** @constant */
            fault: 'never-returns'
          }
    }
    /** @description What a host, controller, VF or queue did */
    TelemetryHistory: {
      /**
       * @description Whose numbers these are; a host has the sum of its controllers
       * @enum {string}
       */
      scope: 'host' | 'controller' | 'virtualFunction' | 'queue'
      /** @description Of the host, controller or VF; of the function whose queue it is */
      id: string
      /** @description Of the queue */
      qid: number | null
      /**
       * Format: date-time
       * @description Begin of the first step
       */
      from: string
      /**
       * Format: date-time
       * @description End of the last step
       */
      to: string
      /** @description Length of a step */
      stepSeconds: number
      /** @description How many there are */
      steps: number
      /** @description What of the range there is, oldest first; empty: nothing */
      sources: {
        /**
         * @description Samples in memory, or minutes on disk
         * @enum {string}
         */
        kept: 'memory' | 'disk'
        /**
         * Format: date-time
         * @description Begin of the first
         */
        from: string
        /**
         * Format: date-time
         * @description End of the last
         */
        to: string
        /** @description Longest interval that is one number there: finer steps repeat it */
        resolutionSeconds: number
      }[]
      /** @description Those that were asked for */
      metrics: {
        /**
         * @description Per second, ms, or commands in flight, as its name says
         * @enum {string}
         */
        metric:
          | 'readCommandsPerSecond'
          | 'writeCommandsPerSecond'
          | 'readBytesPerSecond'
          | 'writeBytesPerSecond'
          | 'readLatencyMs'
          | 'writeLatencyMs'
          | 'inFlight'
          | 'interruptsPerSecond'
          | 'commandsPerSecond'
        /** @description Mean of what was observed of each step; latencies are weighed by commands */
        mean: (number | null)[]
        /** @description Greatest sample of each step */
        max: (number | null)[]
      }[]
      /** @description Commands by latency */
      latency: {
        /** @description Upper bound of each bucket but the last, which has all above */
        boundsMicroseconds: number[]
        /** @description Commands of each step by bucket; null: not observed */
        counts: (number[] | null)[]
      } | null
    }
    /** @description A Linux host */
    Host: {
      /** @description Opaque id */
      id: string
      /** @description Host name, an attribute */
      hostname: string
      /** @description /etc/machine-id, or what stands for it where there is none */
      machineId: string
      /** @description Changes with each boot */
      bootId: string
      /** @description Kernel release */
      kernelRelease: string
      /** @description CPUs online */
      onlineCpus: number
      /** @description Has IOMMU groups; without, nothing can be assigned */
      iommu: boolean
      /**
       * @description Whether the host answers
       * @enum {string}
       */
      reach: 'reachable' | 'away'
      /** @description Why the host is away */
      why: string | null
      /**
       * @description Whether what was provisioned, assigned and declared when it was started is back. Degraded: some of it could not be brought back; its drift, and virtual function policies, say what.
       * @enum {string}
       */
      state: 'ready' | 'restoring' | 'degraded'
      /**
       * @description What is done about drift besides telling it. What a reboot took away is always brought back.
       * @enum {string}
       */
      driftPolicy: 'report' | 'heal'
      /**
       * Format: date-time
       * @description When this was seen
       */
      observedAt: string
    }
    /** @description IOMMU group of a function. Its members can only be given away together. */
    IommuGroup: {
      /** @description Number of the group. It changes over reboots. */
      number: number
      /** @description No member is held by a driver that does DMA for the host. */
      viable: boolean
      /** @description The other functions of the group */
      siblings: {
        /** @description PCI address */
        address: string
        /** @description PCI class code */
        class: string
        /** @description Driver that holds it */
        driver: string | null
        /** @description Keeps VFIO from owning the group */
        blocksVfio: boolean
      }[]
    }
    /** @description What happens to an emulated host */
    MachineEvent:
      | {
          /** @constant */
          event: 'controller-reset'
          /** @description PCI address: `0000:41:00.0` */
          address: string
        }
      | {
          /** @constant */
          event: 'function-reset'
          /** @description PCI address: `0000:41:00.0` */
          address: string
        }
      | {
          /** @constant */
          event: 'surprise-removal'
          /** @description PCI address: `0000:41:00.0` */
          address: string
        }
      | {
          /** @constant */
          event: 'hot-plug'
          /** @description PCI address: `0000:41:00.0` */
          address: string
        }
      | {
          /** @constant */
          event: 'resources-lost'
          /** @description PCI address: `0000:41:00.0` */
          address: string
          /** @description Only that of this VF; default all */
          vfNumber?: number
        }
      | {
          /** @constant */
          event: 'reboot'
          /** @description Milliseconds; default 0 */
          downMs?: number
        }
    /** @description A namespace of an NVMe subsystem, and who has it */
    Namespace: {
      /** @description Opaque id: of NGUID, EUI64 or UUID, else of subsystem and nsid */
      id: string
      /** @description Host that sees it */
      hostId: string
      /** @description Still there */
      present: boolean
      /** @description NVMe qualified name of the subsystem */
      subsystemNqn: string
      /** @description Serial number of the controllers of the subsystem */
      serial: string
      /** @description Namespace id */
      nsid: number
      /** @description NGUID, hex */
      nguid: string | null
      /** @description EUI64, hex */
      eui64: string | null
      /** @description UUID, hex */
      uuid: string | null
      /** @description Size in bytes, decimal */
      sizeBytes: string
      /** @description Bytes of a block */
      blockBytes: number
      /** @description Bytes of metadata of a block */
      metadataBytes: number
      /** @description May be attached to several controllers */
      shared: boolean
      /** @description Controllers that it is attached to */
      attachedTo: {
        /** @description Controller id in the subsystem */
        cntlid: number
        /**
         * @description What nvirt knows of it
         * @enum {string}
         */
        kind: 'controller' | 'virtualFunction' | 'unknown'
        /** @description Id of that controller or VF */
        id: string | null
      }[]
      /** @description Block devices that the host has for it */
      disks: string[]
      /** @description What on the host uses it */
      uses: {
        /** @description Namespace id */
        nsid: number
        /** @description Block device: `nvme0n1p2` */
        disk: string
        /**
         * @description Kind of use
         * @enum {string}
         */
        use: 'mount' | 'swap' | 'holder' | 'exclusive-open' | 'open'
        /** @description Mount point, name of the holder, or who has it open */
        by: string
      }[]
      /**
       * Format: date-time
       * @description When this was seen
       */
      observedAt: string
    }
    /** @description A request that the path says all of: an empty object, or no body */
    NothingElse: Record<string, never>
    /** @description What went wrong in an operation */
    OperationError: {
      /** @description Step in which it went wrong */
      step: string
      /** @description What was being done */
      message: string
      /** @description Chain of causes, outermost first */
      causes: string[]
      /** @description The typed part of the error */
      detail: unknown
    }
    /** @description Work on the hardware: durable, step by step, undone when it fails before its commit step */
    Operation: {
      /** @description Opaque id */
      id: string
      /** @description What is being done */
      workflow: string
      /** @description Version of the workflow */
      version: number
      /** @description What it was started with */
      params: unknown
      /**
       * @description Waiting for a lock, running, blocked by something that no program can hurry, undoing; at the end succeeded, undone, or stuck: a person must look
       * @enum {string}
       */
      state:
        'waiting' | 'running' | 'blocked' | 'undoing' | 'succeeded' | 'undone' | 'stuck'
      /** @description Steps in order */
      steps: {
        /** @description Name */
        name: string
        /**
         * @description State of the step
         * @enum {string}
         */
        state:
          'pending' | 'running' | 'done' | 'failed' | 'undoing' | 'undone' | 'undo-failed'
        /** @description What later steps use */
        output: unknown
        error: components['schemas']['OperationError'] | null
        /** @description Times that it was begun */
        attempts: number
        /** @description How far the step says that it is; kept every two seconds at most, and through restarts */
        progress: {
          /** @description Of `total` */
          done: number
          /** @description All that there is to do */
          total: number
          /** @description What is counted */
          unit: string
          /**
           * Format: date-time
           * @description When it said so
           */
          at: string
        } | null
        /**
         * Format: date-time
         * @description When it was last begun
         */
        startedAt: string | null
        /**
         * Format: date-time
         * @description When it ended
         */
        endedAt: string | null
      }[]
      /** @description Its commit step has begun: it only goes forward */
      committed: boolean
      error: components['schemas']['OperationError'] | null
      /** @description The kernel call that does not come back, since when, and who holds it */
      blocked: unknown
      /** @description Operations that hold a lock it waits for */
      waitsFor: string[]
      /** @description Who asked for it */
      actor: string
      /** @description Whose it is */
      tenant: string
      /**
       * Format: date-time
       * @description When it was asked for
       */
      createdAt: string
      /**
       * Format: date-time
       * @description When it last changed
       */
      updatedAt: string
      /** @description What it works on */
      subject: {
        /** @description Kind of resource */
        kind: string
        /** @description Id of the resource */
        id: string
      }
      /** @description How far it is */
      progress: {
        /** @description Steps that are done */
        stepsDone: number
        /** @description Steps of it */
        stepsTotal: number
        /** @description Steps done of all, with what the step that runs says of itself */
        fraction: number
      }
      /** @description Somebody wants it undone */
      cancelRequest: {
        /** @description Who asked for it */
        actor: string
        /**
         * Format: date-time
         * @description When it was asked for
         */
        at: string
        waitsFor: ('running-step' | 'blocked-call' | 'undo') | null
      } | null
      /** @description What may be asked of it as it is */
      allowed: ('cancel' | 'retry')[]
    }
    /** @description PCI Express link, as the kernel prints it */
    PcieLink: {
      /** @description Speed now: `16.0 GT/s PCIe` */
      currentSpeed: string | null
      /** @description Lanes now */
      currentWidth: number | null
      /** @description Fastest speed */
      maxSpeed: string | null
      /** @description Most lanes */
      maxWidth: number | null
    }
    /** @description Whether the queues of a function are kept although nobody looks */
    TelemetryPin: {
      /** @description Id of the controller or VF */
      functionId: string
      /** @description They are */
      pinned: boolean
    }
    /** @description What a request would do, to be run within 15 minutes by the same request with `?plan=<id>`; of each tenant the newest 200 are kept */
    Plan: {
      /** @description Of the plan, and of the operation that it is run as */
      id: string
      /** @description What would be done; null: it is refused before that is known */
      workflow: string | null
      /** @description What it works on */
      subject: {
        /** @description Kind of resource */
        kind: string
        /** @description Id of the resource */
        id: string
      } | null
      /** @description Steps in order */
      steps: {
        /** @description Name */
        name: string
        /** @description From here on the operation only goes forward */
        commit: boolean
        /** @description What it does */
        does: {
          /** @description In order */
          changes: {
            /** @description What is to be so */
            change: unknown
            /** @description In order; none where it is so already */
            writes: {
              /** @description For people */
              inWords: string
              /** @description As it is made */
              write:
                | {
                    /**
                     * @description A file of the kernel
                     * @enum {string}
                     */
                    to: 'sysfs'
                    /** @description Path */
                    path: string
                    /** @description What is written */
                    text: string
                  }
                | {
                    /**
                     * @description A controller
                     * @enum {string}
                     */
                    to: 'nvme'
                    /** @description Character device of the controller that gets it */
                    device: string
                    /** @description Opcode */
                    opcode: number
                    /** @description NSID */
                    nsid: number
                    /** @description Command Dword 10 */
                    cdw10: number
                    /** @description Command Dword 11 */
                    cdw11: number
                    /** @description The same by the names of the specification: `{ CNTLID: 1, RT: 0, ACT: 8 }` */
                    fields: unknown
                    /** @description Data to the controller, hex, without the zeros at its end */
                    data: string | null
                  }
                | {
                    /**
                     * @description Whatever disk the namespace then has on the host
                     * @enum {string}
                     */
                    to: 'blocks'
                    /** @description Function of the host’s driver */
                    through: string
                    /** @description Namespace */
                    nsid: number
                    /** @description Bytes from its start */
                    offset: number
                    /** @description Bytes */
                    length: number
                    /**
                     * @description By a marker an erase is told to have happened; zeroes are written in pieces
                     * @enum {string}
                     */
                    content: 'marker' | 'zeroes'
                  }
              /** @description Its function does not exist yet: the address is a prediction */
              predicted: boolean
              /** @description What must be so by then; null: it is written in any case */
              onlyIf: string | null
            }[]
          }[]
          /** @description Why not everything that it writes is known before; null: everything is */
          unforeseen: string | null
          /** @description What it would wait for as things are; null: nothing */
          waitsFor: string | null
        }
        /** @description What its undo does, should a later step fail; the last is undone first */
        undo: {
          /** @description In order */
          changes: {
            /** @description What is to be so */
            change: unknown
            /** @description In order; none where it is so already */
            writes: {
              /** @description For people */
              inWords: string
              /** @description As it is made */
              write:
                | {
                    /**
                     * @description A file of the kernel
                     * @enum {string}
                     */
                    to: 'sysfs'
                    /** @description Path */
                    path: string
                    /** @description What is written */
                    text: string
                  }
                | {
                    /**
                     * @description A controller
                     * @enum {string}
                     */
                    to: 'nvme'
                    /** @description Character device of the controller that gets it */
                    device: string
                    /** @description Opcode */
                    opcode: number
                    /** @description NSID */
                    nsid: number
                    /** @description Command Dword 10 */
                    cdw10: number
                    /** @description Command Dword 11 */
                    cdw11: number
                    /** @description The same by the names of the specification: `{ CNTLID: 1, RT: 0, ACT: 8 }` */
                    fields: unknown
                    /** @description Data to the controller, hex, without the zeros at its end */
                    data: string | null
                  }
                | {
                    /**
                     * @description Whatever disk the namespace then has on the host
                     * @enum {string}
                     */
                    to: 'blocks'
                    /** @description Function of the host’s driver */
                    through: string
                    /** @description Namespace */
                    nsid: number
                    /** @description Bytes from its start */
                    offset: number
                    /** @description Bytes */
                    length: number
                    /**
                     * @description By a marker an erase is told to have happened; zeroes are written in pieces
                     * @enum {string}
                     */
                    content: 'marker' | 'zeroes'
                  }
              /** @description Its function does not exist yet: the address is a prediction */
              predicted: boolean
              /** @description What must be so by then; null: it is written in any case */
              onlyIf: string | null
            }[]
          }[]
          /** @description Why not everything that it writes is known before; null: everything is */
          unforeseen: string | null
          /** @description What it would wait for as things are; null: nothing */
          waitsFor: string | null
        } | null
      }[]
      /** @description Whom it reaches besides what is asked for */
      affected: {
        /** @description VFs of the primary */
        virtualFunctions: {
          /** @description Id */
          virtualFunctionId: string
          /** @description PCI address; null: it does not exist yet */
          address: string | null
          /**
           * @description What becomes of it
           * @enum {string}
           */
          effect: 'appears' | 'disappears' | 'reset'
          /** @description Whose it is; null: it is in the pool */
          tenant: string | null
        }[]
        /** @description Functions in the IOMMU group of one whose driver changes */
        siblings: {
          /** @description PCI address */
          address: string
          /** @description IOMMU group */
          iommuGroup: number
          /** @description Driver that has it */
          driver: string | null
        }[]
        /** @description Of the function itself, and of all these */
        assignments: {
          /** @description Id */
          assignmentId: string
          /** @description Who has it */
          consumer: string
          /** @description Whose it is */
          tenant: string
          /**
           * @description Where it is in its life
           * @enum {string}
           */
          state:
            | 'requested'
            | 'preparing'
            | 'ready'
            | 'restoring'
            | 'lost'
            | 'releasing'
            | 'cleaning'
            | 'quarantined'
            | 'released'
            | 'failed'
        }[]
        /** @description Whose they are */
        tenants: string[]
        /** @description What on the host uses namespaces that it moves, erases or resets, or that have to wait for a format of another */
        mounts: {
          /** @description Namespace id */
          nsid: number
          /** @description Block device: `nvme0n1p2` */
          disk: string
          /**
           * @description Kind of use
           * @enum {string}
           */
          use: 'mount' | 'swap' | 'holder' | 'exclusive-open' | 'open'
          /** @description Mount point, name of the holder, or who has it open */
          by: string
        }[]
      }
      /** @description What is reset */
      resets: {
        /** @description PCI address */
        device: string
        /**
         * @description That of a primary takes its secondaries down, and stops its I/O for a moment
         * @enum {string}
         */
        of: 'virtual-function' | 'primary'
        /** @description Step that resets it */
        step: string
      }[]
      /** @description Everything that speaks against it; none: it can be run */
      refusals: {
        /** @description Step that would be refused; null: the request is */
        step: string | null
        /** @description Stable name of the check: `namespace-mounted`, `wrong-state` */
        check: string
        /** @description What the check looked at */
        device: string | null
        /** @description What is wrong */
        reason: string
        /** @description What to do about it */
        remedy: string | null
      }[]
      /**
       * Format: date-time
       * @description When it was made
       */
      createdAt: string
      /**
       * Format: date-time
       * @description Until when it can be run
       */
      expiresAt: string
    }
    /** @description Flexible resources of one kind (VQ or VI) of a primary controller. Counts, admin queue pairs included. */
    FlexiblePool: {
      /** @description Resources of this kind are flexible */
      supported: boolean
      /** @description Flexible in total */
      total: number
      /** @description Assigned to secondary controllers */
      assigned: number
      /** @description Allocated to the primary controller */
      primary: number
      /** @description Private to the primary controller */
      private: number
      /** @description Most that one secondary controller may get */
      maxPerSecondary: number
      /** @description Preferred granularity */
      granularity: number
      /** @description What the pool can still give */
      free: number
      /** @description Pending reset: what the primary controller will have for itself after its next reset other than a Controller Reset. Null: nothing is known to wait */
      pendingReset: number | null
    }
    /** @description What went wrong (RFC 9457), with members that depend on its type */
    Problem: {
      /** @description Stable: `urn:nvirt:problem:wrong-state` */
      type: string
      /** @description What this type of problem is */
      title: string
      /** @description HTTP status */
      status: number
      /** @description What went wrong this time */
      detail: string
      /** @description Names this request in the log */
      instance: string
      /** @description What to do about it */
      remedy?: string
      /** @description Fields that are not valid */
      errors?: {
        /** @description Path of the field: `virtualFunctions[0].ioQueuePairs` */
        field: string
        /** @description What is wrong with it */
        message: string
      }[]
      /** @description Kind of resource */
      resource?: string
      /** @description Id of the resource */
      id?: string
      /** @description State that the resource is in */
      state?: string
      /** @description States from which this would be allowed */
      allowedFrom?: string[]
      /** @description Device that is concerned */
      device?: string
      /** @description How much was asked for */
      requested?: number
      /** @description How much there is */
      available?: number
      /** @description How much more the primary could give up of its own */
      heldByPrimary?: number
      /** @description Operation that is in the way */
      operationId?: string
      /** @description Host that is away */
      hostId?: string
      /** @description Checks of a guard that failed */
      refusals?: {
        /** @description Stable name of the check: `namespace-mounted` */
        check: string
        /** @description What the check looked at */
        device: string
        /** @description What is wrong */
        reason: string
        /** @description What to do about it */
        remedy: string
      }[]
      /** @description Plan that cannot be run any more */
      planId?: string
      /** @description Where the world, and with it the plan, is another than when the plan was made */
      moved?: {
        /** @description PCI address where a host answers otherwise; else what the plan is for */
        device: string
        /** @description What the host was asked: `binding`, `usage`; what the plan would do otherwise: `step bind-vfio`, `affected: mounts`; `refused`: what speaks against it now */
        what: string
        /** @description As the plan has it */
        planned: unknown
        /** @description As it is now */
        found: unknown
      }[]
    }
    /**
     * @description VFs to take out of the pool of a controller, cut to measure
     * @example {
     *       "virtualFunctions": [
     *         {
     *           "ioQueuePairs": 3,
     *           "namespaceIds": []
     *         }
     *       ],
     *       "driver": "none"
     *     }
     */
    ProvisionRequest: {
      /** @description One entry for each VF */
      virtualFunctions: {
        /** @description I/O queue pairs. The admin queue pair comes on top. */
        ioQueuePairs: number
        /** @description Default: one for each queue pair, the admin queue included */
        interruptVectors?: number
        /** @description Namespaces to attach. All others are detached. */
        namespaceIds: string[]
      }[]
      /**
       * @description Whether the host uses the VFs itself. Default: none
       * @enum {string}
       */
      driver?: 'none' | 'nvme'
    }
    /** @description How to take the function back. May be left out. */
    ReleaseRequest: {
      /** @description Frees the function without erasing its namespaces, the data of its last user still on them. An event says so. */
      acceptUncleaned?: boolean
      /**
       * @description Instead of an erase: its namespaces are deleted and others like them created, where the drive can. That nothing can be read of what was on them is then the drive’s word, besides the marked blocks that are looked at. The evidence says `logical`. Not together with `acceptUncleaned`.
       * @enum {string}
       */
      cleaning?: 'logical'
    }
    /**
     * @description Flexible resources that a primary controller is to have for itself, besides its private ones
     * @example {
     *       "vq": 0,
     *       "vi": 0
     *     }
     */
    ResizePrimaryRequest: {
      /** @description Flexible VQ of the primary's own. 0 gives all of them to the pool */
      vq: number
      /** @description Flexible VI of the primary's own. 0 gives all of them to the pool */
      vi: number
    }
    /** @description What is declared of the VFs of a controller, and how far they are so */
    VirtualFunctionPolicy: {
      /** @description Controller whose VFs they are */
      controllerId: string
      /** @description Host that it is in */
      hostId: string
      /** @description VFs that there are to be: VF 1 to this one. 0: none */
      count: number
      /** @description How the VFs share queue pairs, the admin queue pair included, of the pool: each a number, or by weight */
      vq: {
        /** @description queue pairs, the admin queue pair included, for each VF; nothing else beside it */
        each?: number
        /** @description One for each VF. Default: all weigh the same */
        weights?: number[]
        /** @description Least for each VF. Default: what it needs to come online */
        minimum?: number
        /** @description Most for each VF. Default: what the drive lets one have */
        maximum?: number
      }
      /** @description How the VFs share interrupt vectors of the pool: each a number, or by weight */
      vi: {
        /** @description interrupt vectors for each VF; nothing else beside it */
        each?: number
        /** @description One for each VF. Default: all weigh the same */
        weights?: number[]
        /** @description Least for each VF. Default: what it needs to come online */
        minimum?: number
        /** @description Most for each VF. Default: what the drive lets one have */
        maximum?: number
      }
      /** @description Namespaces, the first list of VF 1 */
      namespaceIds: string[][]
      /**
       * @description Whether the host uses the VFs itself
       * @enum {string}
       */
      driver: 'none' | 'nvme'
      /** @description Who declared it */
      actor: string
      /**
       * Format: date-time
       * @description When it was declared
       */
      declaredAt: string
      /** @description All VFs are as declared */
      converged: boolean
      /** @description By number: VFs that are declared, and those that are to go */
      virtualFunctions: {
        /** @description Id of the VF. Null: the drive lists no such VF */
        id: string | null
        /** @description 1-based */
        vfNumber: number
        /** @description What was declared, the pools divided. Null: there is to be none */
        desired: {
          /** @description Queue pairs, the admin queue pair included */
          vq: number
          /** @description Interrupt vectors */
          vi: number
          /** @description Namespaces */
          namespaceIds: string[]
          /** @description Driver of the host that has it */
          driver: string | null
        } | null
        /** @description As the last scan saw it. Null: the drive lists no such VF */
        actual: {
          /** @description Queue pairs, the admin queue pair included */
          vq: number
          /** @description Interrupt vectors */
          vi: number
          /** @description Namespaces */
          namespaceIds: string[]
          /** @description Driver of the host that has it */
          driver: string | null
          /**
           * @description Of the secondary controller
           * @enum {string}
           */
          state: 'online' | 'offline'
        } | null
        /**
         * @description Pending: it is about to be changed. Changing: an operation does. Waiting: for somebody else; it is not touched before. Failing: it is tried again. Given up: it is not, until it is declared again or the host restarts
         * @enum {string}
         */
        state: 'as-declared' | 'pending' | 'changing' | 'waiting' | 'failing' | 'given-up'
        /** @description Why it is not as declared. Null: it is, or is about to be */
        reason: string | null
        /** @description What to do about it */
        remedy: string | null
        /** @description Operation that changes it, or that failed to */
        operationId: string | null
      }[]
    }
    /** @description A VF of an SR-IOV controller: its secondary controller and its PCI function are shown apart */
    VirtualFunction: {
      /** @description Opaque id: of its primary and its number */
      id: string
      /** @description Host that it is in */
      hostId: string
      /** @description Its primary controller */
      controllerId: string
      /** @description 1-based */
      vfNumber: number
      /** @description Controller id in its subsystem */
      cntlid: number
      /** @description VFs of the primary are enabled, so that the function exists */
      enabled: boolean
      /** @description Actual state of the secondary controller: one of the two lives of a VF */
      secondary: {
        /**
         * @description State
         * @enum {string}
         */
        state: 'online' | 'offline'
        /** @description Queue pairs that it holds, the admin queue pair included */
        vq: number
        /** @description Interrupt vectors that it holds */
        vi: number
      }
      /** @description What was asked for. Null: in the pool */
      provisioned: {
        /** @description Queue pairs, the admin queue pair included */
        vq: number
        /** @description Interrupt vectors */
        vi: number
        /** @description I/O queue pairs */
        ioQueuePairs: number
        /** @description Namespaces that were asked for */
        namespaceIds: string[]
        /**
         * @description Driver of the host that was asked for
         * @enum {string}
         */
        driver: 'none' | 'nvme'
      } | null
      /** @description Why it is neither assigned nor in the pool: retiring it failed. Retire it again. */
      quarantine: string | null
      /** @description Whether a tenant could reach by it what is not its own: judged by its own Identify and effects log, or by those of other VFs of its drive */
      tenantSafety: {
        /**
         * @description To assign one that is not safe, or of which that is not known, `accept` must say `not-tenant-safe`
         * @enum {string}
         */
        verdict: 'safe' | 'not-safe' | 'unknown'
        /** @description Why it is not safe, or not known */
        reasons: string[]
      }
      /** @description Namespaces attached now */
      namespaceIds: string[]
      /** @description Assignment that has it */
      assignmentId: string | null
      /** @description Operation that holds it */
      changingBy: string | null
      /** @description Where what is desired and what is seen differ. None while an operation decides about it */
      drift: components['schemas']['Drift'][]
      /** @description PCI address, an attribute: it may change. Null: no function yet */
      pciAddress: string | null
      /** @description Driver that holds the function */
      driver: string | null
      /** @description The only driver that may bind, where one is set */
      driverOverride: string | null
      iommuGroup: components['schemas']['IommuGroup'] | null
      /** @description NUMA node; -1: unknown */
      numaNode: number
      link: components['schemas']['PcieLink'] | null
      /** @description Ways the kernel can reset it */
      resetMethods: string[] | null
      /** @description A kernel call on this function that does not come back */
      blocked: string | null
      /**
       * Format: date-time
       * @description When this was seen
       */
      observedAt: string
    }
  }
  responses: never
  parameters: never
  requestBodies: never
  headers: never
  pathItems: never
}
export type $defs = Record<string, never>
export interface operations {
  listHosts: {
    parameters: {
      query?: {
        /** @description Most items of a page */
        limit?: number
        /** @description `nextCursor` of the page before */
        cursor?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description A page of hosts */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description In the order of the cursor */
            items: components['schemas']['Host'][]
            /** @description Where the next page begins; null on the last */
            nextCursor: string | null
          }
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getHost: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of a host */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The host */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Host']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  rescanHost: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of a host */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The host */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Host']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  setDriftPolicy: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of a host */
        id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['DriftPolicy']
      }
    }
    responses: {
      /** @description The host */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Host']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is too large */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is not JSON */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listControllers: {
    parameters: {
      query?: {
        /** @description Only those of this host */
        hostId?: string
        /** @description Most items of a page */
        limit?: number
        /** @description `nextCursor` of the page before */
        cursor?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description A page of controllers */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description In the order of the cursor */
            items: components['schemas']['Controller'][]
            /** @description Where the next page begins; null on the last */
            nextCursor: string | null
          }
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getController: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of a controller */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The controller */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Controller']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  provisionVirtualFunctions: {
    parameters: {
      query?: {
        /** @description `true`: answers 200 with the plan of this request, and touches nothing. Id of such a plan, with the same request: runs it, which is refused when the world has moved; the operation has the id of the plan. Absent: begins at once. */
        plan?: string
      }
      header?: {
        /** @description Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description Id of an SR-IOV controller */
        id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['ProvisionRequest']
      }
    }
    responses: {
      /** @description The plan, where that was asked for; nothing is touched */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Plan']
        }
      }
      /** @description The operation, durable; the hardware is not touched yet */
      202: {
        headers: {
          /** @description Path of the operation */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is too large */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is not JSON */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Not enough controller resources */
      507: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  resizePrimary: {
    parameters: {
      query?: {
        /** @description `true`: answers 200 with the plan of this request, and touches nothing. Id of such a plan, with the same request: runs it, which is refused when the world has moved; the operation has the id of the plan. Absent: begins at once. */
        plan?: string
      }
      header?: {
        /** @description Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description Id of an SR-IOV controller */
        id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['ResizePrimaryRequest']
      }
    }
    responses: {
      /** @description The plan, where that was asked for; nothing is touched */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Plan']
        }
      }
      /** @description The operation, durable; the hardware is not touched yet */
      202: {
        headers: {
          /** @description Path of the operation */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is too large */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is not JSON */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Not enough controller resources */
      507: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  healController: {
    parameters: {
      query?: {
        /** @description `true`: answers 200 with the plan of this request, and touches nothing. Id of such a plan, with the same request: runs it, which is refused when the world has moved; the operation has the id of the plan. Absent: begins at once. */
        plan?: string
      }
      header?: {
        /** @description Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description Id of a controller */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The plan, where that was asked for; nothing is touched */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Plan']
        }
      }
      /** @description The operation, durable; the hardware is not touched yet */
      202: {
        headers: {
          /** @description Path of the operation */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listVirtualFunctions: {
    parameters: {
      query?: {
        /** @description Only those of this host */
        hostId?: string
        /** @description Only those of this controller */
        controllerId?: string
        /** @description Most items of a page */
        limit?: number
        /** @description `nextCursor` of the page before */
        cursor?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description A page of virtual functions */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description In the order of the cursor */
            items: components['schemas']['VirtualFunction'][]
            /** @description Where the next page begins; null on the last */
            nextCursor: string | null
          }
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getVirtualFunction: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of a VF */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The virtual function */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['VirtualFunction']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  retireVirtualFunction: {
    parameters: {
      query?: {
        /** @description `true`: answers 200 with the plan of this request, and touches nothing. Id of such a plan, with the same request: runs it, which is refused when the world has moved; the operation has the id of the plan. Absent: begins at once. */
        plan?: string
      }
      header?: {
        /** @description Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description Id of a VF */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The plan, where that was asked for; nothing is touched */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Plan']
        }
      }
      /** @description The operation, durable; the hardware is not touched yet */
      202: {
        headers: {
          /** @description Path of the operation */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  healVirtualFunction: {
    parameters: {
      query?: {
        /** @description `true`: answers 200 with the plan of this request, and touches nothing. Id of such a plan, with the same request: runs it, which is refused when the world has moved; the operation has the id of the plan. Absent: begins at once. */
        plan?: string
      }
      header?: {
        /** @description Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description Id of a VF */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The plan, where that was asked for; nothing is touched */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Plan']
        }
      }
      /** @description The operation, durable; the hardware is not touched yet */
      202: {
        headers: {
          /** @description Path of the operation */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  adoptVirtualFunction: {
    parameters: {
      query?: {
        /** @description `true`: answers 200 with the plan of this request, and touches nothing. Id of such a plan, with the same request: runs it, which is refused when the world has moved; the operation has the id of the plan. Absent: begins at once. */
        plan?: string
      }
      header?: {
        /** @description Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description Id of a VF */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The plan, where that was asked for; nothing is touched */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Plan']
        }
      }
      /** @description The operation, durable; the hardware is not touched yet */
      202: {
        headers: {
          /** @description Path of the operation */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listVirtualFunctionPolicies: {
    parameters: {
      query?: {
        /** @description Only those of this host */
        hostId?: string
        /** @description Most items of a page */
        limit?: number
        /** @description `nextCursor` of the page before */
        cursor?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description A page of virtual function policies */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description In the order of the cursor */
            items: components['schemas']['VirtualFunctionPolicy'][]
            /** @description Where the next page begins; null on the last */
            nextCursor: string | null
          }
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getVirtualFunctionPolicy: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of an SR-IOV controller */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The policy */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['VirtualFunctionPolicy']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  declareVirtualFunctions: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of an SR-IOV controller */
        id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['VirtualFunctionPolicyRequest']
      }
    }
    responses: {
      /** @description The policy, durable */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['VirtualFunctionPolicy']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is too large */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is not JSON */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Not enough controller resources */
      507: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  undeclareVirtualFunctions: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of an SR-IOV controller */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The policy, as it was */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['VirtualFunctionPolicy']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listNamespaces: {
    parameters: {
      query?: {
        /** @description Only those of this host */
        hostId?: string
        /** @description Most items of a page */
        limit?: number
        /** @description `nextCursor` of the page before */
        cursor?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description A page of namespaces */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description In the order of the cursor */
            items: components['schemas']['Namespace'][]
            /** @description Where the next page begins; null on the last */
            nextCursor: string | null
          }
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getNamespace: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of a namespace */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The namespace */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Namespace']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listAssignments: {
    parameters: {
      query?: {
        /** @description Most items of a page */
        limit?: number
        /** @description `nextCursor` of the page before */
        cursor?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description A page of assignments */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description In the order of the cursor */
            items: components['schemas']['Assignment'][]
            /** @description Where the next page begins; null on the last */
            nextCursor: string | null
          }
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  createAssignment: {
    parameters: {
      query?: {
        /** @description `true`: answers 200 with the plan of this request, and touches nothing. Id of such a plan, with the same request: runs it, which is refused when the world has moved; the operation has the id of the plan. Absent: begins at once. */
        plan?: string
      }
      header?: {
        /** @description Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters. */
        'Idempotency-Key'?: string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['AssignRequest']
      }
    }
    responses: {
      /** @description The plan, where that was asked for; nothing is touched */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Plan']
        }
      }
      /** @description The operation, durable; the hardware is not touched yet */
      202: {
        headers: {
          /** @description Path of the operation */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is too large */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is not JSON */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getAssignment: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of an assignment */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The assignment */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Assignment']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  releaseAssignment: {
    parameters: {
      query?: {
        /** @description `true`: answers 200 with the plan of this request, and touches nothing. Id of such a plan, with the same request: runs it, which is refused when the world has moved; the operation has the id of the plan. Absent: begins at once. */
        plan?: string
      }
      header?: {
        /** @description Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description Id of an assignment */
        id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['ReleaseRequest']
      }
    }
    responses: {
      /** @description The plan, where that was asked for; nothing is touched */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Plan']
        }
      }
      /** @description The operation, durable; the hardware is not touched yet */
      202: {
        headers: {
          /** @description Path of the operation */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is too large */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is not JSON */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listOperations: {
    parameters: {
      query?: {
        /** @description Only those in these states; may be repeated */
        state?: (
          'waiting' | 'running' | 'blocked' | 'undoing' | 'succeeded' | 'undone' | 'stuck'
        )[]
        /** @description Most items of a page */
        limit?: number
        /** @description `nextCursor` of the page before */
        cursor?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description A page of operations */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description In the order of the cursor */
            items: components['schemas']['Operation'][]
            /** @description Where the next page begins; null on the last */
            nextCursor: string | null
          }
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getOperation: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of an operation */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The operation */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  waitForOperation: {
    parameters: {
      query?: {
        /** @description Longest wait */
        timeoutSeconds?: number
      }
      header?: never
      path: {
        /** @description Id of an operation */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The operation */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  cancelOperation: {
    parameters: {
      query?: never
      header?: {
        /** @description Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description Id of an operation */
        id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NothingElse']
      }
    }
    responses: {
      /** @description The operation, durable; the hardware is not touched yet */
      202: {
        headers: {
          /** @description Path of the operation */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is too large */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is not JSON */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  retryOperation: {
    parameters: {
      query?: never
      header?: {
        /** @description Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description Id of an operation */
        id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NothingElse']
      }
    }
    responses: {
      /** @description The operation, durable; the hardware is not touched yet */
      202: {
        headers: {
          /** @description Path of the operation */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Operation']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is too large */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is not JSON */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listEvents: {
    parameters: {
      query?: {
        /** @description Events after this number. 0: from the first. Not together with a cursor. */
        after?: number
        /** @description Most items of a page */
        limit?: number
        /** @description `nextCursor` of the page before */
        cursor?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description A page of events */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description In the order of the cursor */
            items: components['schemas']['Event'][]
            /** @description Where the next page begins; null on the last */
            nextCursor: string | null
          }
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listDrills: {
    parameters: {
      query?: {
        /** @description Most items of a page */
        limit?: number
        /** @description `nextCursor` of the page before */
        cursor?: string
      }
      header?: never
      path: {
        /** @description Id of a host */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description A page of drills */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description In the order of the cursor */
            items: components['schemas']['Drill'][]
            /** @description Where the next page begins; null on the last */
            nextCursor: string | null
          }
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  startDrill: {
    parameters: {
      query?: never
      header?: {
        /** @description Repeats of a request with the same key give the operation of the first. 1 to 200 visible ASCII characters. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description Id of a host */
        id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['DrillRequest']
      }
    }
    responses: {
      /** @description The drill */
      201: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Drill']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is too large */
      413: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The body is not JSON */
      415: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  endDrill: {
    parameters: {
      query?: {
        /** @description How calls come back that hang in it; default `without-effect`, with EINTR */
        hanging?: 'with-effect' | 'without-effect'
      }
      header?: never
      path: {
        /** @description Id of a host */
        id: string
        /** @description Id of the drill */
        drillId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The drill, as it ended */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Drill']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  streamTelemetry: {
    parameters: {
      query?: {
        /** @description Frames are compressed, for a client that offers permessage-deflate in its handshake: once for all who get them */
        compress?: 'true'
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The socket is open */
      101: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description This is a WebSocket */
      426: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getTelemetryHistory: {
    parameters: {
      query: {
        /** @description Whose numbers */
        scope: 'host' | 'controller' | 'virtualFunction' | 'queue'
        /** @description Of the host, controller or VF; of the function whose queue it is */
        id: string
        /** @description With scope=queue: which */
        qid?: number
        /** @description Default: all that the scope has, but latency: commands in log2 buckets */
        metrics?: (
          | 'readCommandsPerSecond'
          | 'writeCommandsPerSecond'
          | 'readBytesPerSecond'
          | 'writeBytesPerSecond'
          | 'readLatencyMs'
          | 'writeLatencyMs'
          | 'inFlight'
          | 'interruptsPerSecond'
          | 'commandsPerSecond'
          | 'latency'
        )[]
        /** @description Default: a quarter of an hour before `to`; at most 30 days */
        from?: string
        /** @description Default: now */
        to?: string
        /** @description Default: so that there are at most 300 steps; 2000 are the most */
        stepSeconds?: number
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The range */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['TelemetryHistory']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listTelemetryPins: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description All pins */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description In the order of the cursor */
            items: components['schemas']['TelemetryPin'][]
            /** @description Where the next page begins; null on the last */
            nextCursor: string | null
          }
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  pinTelemetry: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of a controller or VF */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The pin */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['TelemetryPin']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description No such resource */
      404: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The state of the resource, another operation or a guard forbids this */
      409: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  unpinTelemetry: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description Id of a controller or VF */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The pin */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['TelemetryPin']
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A token is needed */
      401: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getHealth: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description It answers */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /**
             * @description ok
             * @enum {string}
             */
            status: 'ok'
          }
        }
      }
      /** @description The request cannot be read, or a field is not valid */
      400: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description A foreign Host or Origin, or not allowed */
      403: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Something is wrong in nvirt */
      500: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The host does not answer, the database cannot be written, or the service is stopping */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
}
