import { Type } from 'typebox'
import type { DriftView } from '../../inventory/drift/drift-view.ts'
import { answerShape, anyJson, choice, listOf, ref, text, time } from '../shape.ts'

type Facts = DriftView['expected']

export const DriftShape = answerShape<DriftView>(
  'Drift',
  'A difference between what is desired of a function and what is seen of it',
  {
    kind: choice(
      [
        'hardware-missing',
        'ambiguous',
        'vfs-gone',
        'vf-offline',
        'resources-lost',
        'resources-changed',
        'namespace-detached',
        'foreign-namespace-attached',
        'driver-changed',
        'override-changed',
        'moved',
        'autoprobe-changed',
        'foreign-vfs',
        'foreign-secondary-online',
      ],
      'What differs'
    ),
    expected: Type.Unsafe<Facts>(anyJson('What is desired')),
    found: Type.Unsafe<Facts>(anyJson('What was seen')),
    remedy: text('What to do about it'),
    since: time('When it was first seen'),
  }
)

export const driftField = listOf(
  ref(DriftShape),
  'Where what is desired and what is seen differ. None while an operation decides about it'
)
