import { contractOf } from '../support/contract-of-scenarios.ts'
import { worthSpoiling } from '../support/worth-spoiling.ts'
import { LOGICAL } from './logical-scenarios.ts'

contractOf(LOGICAL, worthSpoiling)
