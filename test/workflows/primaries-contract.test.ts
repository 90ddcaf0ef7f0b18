import { contractOf } from '../support/contract-of-scenarios.ts'
import { PRIMARIES } from './primary-scenarios.ts'

contractOf(PRIMARIES)
