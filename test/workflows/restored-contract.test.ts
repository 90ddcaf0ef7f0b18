import { contractOf } from '../support/contract-of-scenarios.ts'
import { RESTORED } from './scenarios.ts'

contractOf(RESTORED)
