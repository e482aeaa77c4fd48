import * as form from './forms.ts';
import { declareSettings } from './setting.ts';
import { SETUP } from './setting-commands.ts';

/** What `podflow setup` installs, and whether. */
export const SETUP_SETTINGS = declareSettings({
  dryRun: {
    flag: 'dry-run',
    form: form.onOff(),
    default: 'false',
    commands: SETUP,
    meaning: 'show what would be done, and do nothing',
  },
  force: {
    flag: 'force',
    form: form.onOff(),
    default: 'false',
    commands: SETUP,
    meaning: 'overwrite what a newer podflow, or somebody else, has made',
  },
  dataRetention: {
    flag: 'data-retention',
    form: form.text('time, 30d'),
    default: undefined,
    commands: SETUP,
    meaning: 'how long documents are kept, by the lifecycle of the data stream; otherwise what the cluster says',
  },
  lifecyclePolicy: {
    flag: 'lifecycle-policy',
    form: form.text('name'),
    default: undefined,
    commands: SETUP,
    meaning: 'index lifecycle policy (ILM) that exists already, in place of a retention',
  },
  indexShards: {
    flag: 'index-shards',
    form: form.count(1, 1_024),
    default: undefined,
    commands: SETUP,
    meaning: 'primary shards of each index; otherwise what the cluster says',
  },
  indexReplicas: {
    flag: 'index-replicas',
    form: form.count(0, 100),
    default: undefined,
    commands: SETUP,
    meaning: 'copies of each shard; otherwise what the cluster says',
  },
});
