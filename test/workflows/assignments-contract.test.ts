import { contractOf } from '../support/contract-of-scenarios.ts'
import { worthSpoiling } from '../support/worth-spoiling.ts'
import { ASSIGNMENTS } from './scenarios.ts'

contractOf(ASSIGNMENTS, worthSpoiling)
