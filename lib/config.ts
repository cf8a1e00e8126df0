/**
 * Deploy settings: from the `stowage` context of `cdk.json`, by stage (`-c stage=prod`), with the git-ignored file
 * `.stowage.<stage>.json` on top, so that a platform team can keep its addresses outside the repository. A setting in
 * the file replaces the whole setting of the same name (`r2`, `tokens`, ...), so that no half of it is inherited.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configSchema, type StowageConfig } from './config-schema.ts';

export type { EventType } from './config-events.ts';
export type { StowageConfig, StowageSettings } from './config-schema.ts';

/** One refused setting, by its path (`r2.publicBucket`), with what to write instead. */
export interface ConfigIssue {
  setting: string;
  message: string;
}

/** Settings that cannot be deployed. `issues` names each; the message lists them for a terminal. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly issues: readonly ConfigIssue[];

  constructor(where: string, issues: readonly ConfigIssue[]) {
    super(`${where}:\n${issues.map(({ setting, message }) => `  ${setting}: ${message}`).join('\n')}`);
    this.issues = issues;
  }
}

/**
 * Validates settings, wherever they come from, and fills in the defaults.
 * @param settings as written; `stage` included
 * @param where named in the error, so that the reader knows which file to open
 * @throws ConfigError listing every wrong setting at once
 */
export function parseConfig(settings: unknown, where = 'Deploy settings'): StowageConfig {
  const parsed = configSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap((issue): ConfigIssue[] => {
    const path = issue.path.join('.');
    if (issue.code !== 'unrecognized_keys') {
      const missing =
        issue.code === 'invalid_type' && issue.input === undefined && /received undefined/.test(issue.message);
      return [{ setting: path || 'settings', message: missing ? `is missing: ${issue.message}` : issue.message }];
    }
    return issue.keys.map((key) => ({
      setting: path ? `${path}.${key}` : key,
      message: 'is not a setting: remove it or correct its name (lib/config-schema.ts lists them)',
    }));
  });
  throw new ConfigError(where, issues);
}

/**
 * Settings of the stage that is being deployed.
 * @param stage as given by `-c stage=...`; there is no default, which a command pasted at night would deploy
 * @param stages the `stowage` context of `cdk.json`: settings by stage
 * @param root folder of the repository, where the override file lies
 * @throws ConfigError when the stage is unknown, the file is not JSON, or a setting is wrong
 */
export function loadConfig({ stage, stages, root }: { stage: unknown; stages: unknown; root: string }): StowageConfig {
  if (typeof stage !== 'string' || stage === '') {
    throw new ConfigError('Deploy settings', [{ setting: 'stage', message: 'is missing: pass -c stage=<name>' }]);
  }
  const known = isRecord(stages) ? stages : {};
  const fileName = `.stowage.${stage}.json`;
  const own = /^[\w-]+$/.test(stage) ? readOverride(join(root, fileName), fileName) : undefined;
  const inContext = Object.hasOwn(known, stage) ? known[stage] : undefined;
  if (!isRecord(inContext) && !own) {
    const names = Object.keys(known).join(', ') || 'none';
    const message = `"${stage}" is unknown (known: ${names}): add it to "stowage" in cdk.json or write ${fileName}`;
    throw new ConfigError('Deploy settings', [{ setting: 'stage', message }]);
  }
  const settings = { ...(isRecord(inContext) ? inContext : {}), ...own, stage };
  return parseConfig(settings, `Settings of stage "${stage}" (cdk.json${own ? ` and ${fileName}` : ''})`);
}

/** What is allowed but probably not meant. Shown at synth; nothing is refused. */
export function configWarnings(config: StowageConfig): string[] {
  const warnings: string[] = [];
  if (!config.r2)
    warnings.push('r2 is not set: everything that stores files will answer that storage is not configured.');
  if (config.r2?.publicBucket && !config.r2.publicBaseUrl) {
    warnings.push('r2.publicBaseUrl is not set: files of the public bucket will have URLs that do not open.');
  }
  if (config.protectData && !config.alarmEmail && !config.alarmTopicArn) {
    warnings.push(
      'Neither alarmEmail nor alarmTopicArn is set: alarms will notify nobody, also when deletions fail for good.',
    );
  }
  if (config.protectData && config.orphanGraceDays < 1) {
    warnings.push('orphanGraceDays is 0: what looks like a stray object or a lost one is removed within the hour.');
  }
  return warnings;
}

function readOverride(file: string, name: string): Record<string, unknown> | undefined {
  if (!existsSync(file)) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const message = `is not JSON: ${cause instanceof Error ? cause.message : cause}`;
    throw new ConfigError('Deploy settings', [{ setting: name, message }]);
  }
  if (isRecord(parsed)) return parsed;
  throw new ConfigError('Deploy settings', [{ setting: name, message: 'must hold one JSON object of settings' }]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
