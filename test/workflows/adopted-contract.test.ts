import { contractOf } from '../support/contract-of-scenarios.ts'
import { ADOPTED, ADOPTED_UNDONE } from './adopted-scenarios.ts'

contractOf({ ...ADOPTED, ...ADOPTED_UNDONE })
