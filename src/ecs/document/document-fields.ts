import type { DocumentField } from './document-field.ts';
import { ECS_FIELDS } from './ecs-fields.ts';
import { OWN_FIELDS } from './own-fields.ts';

/** Every field that a document may hold: index mapping and documentation come from this list, and a test holds it up. */
export const DOCUMENT_FIELDS: readonly DocumentField[] = [...ECS_FIELDS, ...OWN_FIELDS];
