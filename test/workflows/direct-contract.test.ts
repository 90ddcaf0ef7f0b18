import { contractOf } from '../support/contract-of-scenarios.ts'
import { worthSpoiling } from '../support/worth-spoiling.ts'
import { DIRECT } from './direct-scenarios.ts'

contractOf(DIRECT, worthSpoiling)
