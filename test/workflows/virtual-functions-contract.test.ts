import { contractOf } from '../support/contract-of-scenarios.ts'
import { VIRTUAL_FUNCTIONS } from './scenarios.ts'

contractOf(VIRTUAL_FUNCTIONS)
