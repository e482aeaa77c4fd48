import * as form from './forms.ts';
import { declareSettings } from './setting.ts';
import { EVIDENCE } from './setting-commands.ts';

/** What others' logs look like. */
export const EVIDENCE_SETTINGS = declareSettings({
  evidenceFormat: {
    flag: 'evidence-format',
    form: form.choice('auto', 'network-policy-agent', 'vpc-flow-log'),
    default: 'auto',
    commands: EVIDENCE,
    meaning: 'what the logs are; auto tells it line by line',
  },
  fields: {
    flag: 'fields',
    form: form.text('names of fields'),
    default: undefined,
    commands: EVIDENCE,
    meaning:
      "format of VPC flow logs without a header, as AWS has it ('${srcaddr} ${dstaddr} …', or the names alone), or default",
  },
  isFollowing: {
    flag: 'follow',
    form: form.onOff(),
    default: 'false',
    commands: EVIDENCE,
    meaning: 'go on with what is written to the files, also when they are rotated',
  },
});
