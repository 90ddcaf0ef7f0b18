import { contractOf } from '../support/contract-of-scenarios.ts'
import { worthSpoiling } from '../support/worth-spoiling.ts'
import { UNDONE } from './scenarios.ts'

contractOf(UNDONE, worthSpoiling)
