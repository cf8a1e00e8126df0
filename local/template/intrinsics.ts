/**
 * Resolves the intrinsic functions of a CloudFormation template. Differs from AWS: attributes are computed instead of
 * read from created resources, parameters of a root stack have their defaults (nobody passes any), and `Fn::ImportValue`,
 * transforms and macros are refused. What cannot be resolved is an error that names the place, never an empty string.
 */
import { aws } from '../aws.ts';
import { stackId } from './attributes.ts';

export interface CfnResource {
  Type: string;
  Properties?: Record<string, unknown>;
  Condition?: string;
}

export interface CfnTemplate {
  Description?: string;
  Resources: Record<string, CfnResource>;
  Parameters?: Record<string, { Default?: unknown }>;
  Conditions?: Record<string, unknown>;
  Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  Outputs?: Record<string, { Value: unknown }>;
}

export interface ResolveOptions {
  template: CfnTemplate;
  stackName: string;
  /** What `Ref` (attribute undefined) and `Fn::GetAtt` of a resource give; undefined when the resource has no such thing. */
  attribute(logicalId: string, attribute: string | undefined): string | undefined;
  /** What the stack around this one passes; undefined for a parameter it does not. */
  parameter?(name: string): unknown;
  /** Values of secrets by name, for `{{resolve:secretsmanager:...}}`. */
  secrets?: Record<string, string>;
}

export interface Resolver {
  /** Replaces every intrinsic in any JSON value. Throws an error naming `where`. */
  resolve(value: unknown, where: string): unknown;
  /** Whether a condition of the template holds; an absent one does. */
  condition(name: string | undefined): boolean;
}

const noValue = Symbol('AWS::NoValue');

/** Creates the resolver of one template. */
export function createResolver(options: ResolveOptions): Resolver {
  const { template } = options;
  const pseudo: Record<string, unknown> = {
    'AWS::Region': aws.region,
    'AWS::AccountId': aws.accountId,
    'AWS::Partition': aws.partition,
    'AWS::URLSuffix': aws.urlSuffix,
    'AWS::StackName': options.stackName,
    'AWS::StackId': stackId(options.stackName),
    'AWS::NoValue': noValue,
  };

  function reference(name: string, where: string): unknown {
    if (name in pseudo) return pseudo[name];
    if (template.Parameters && name in template.Parameters) {
      const value = options.parameter?.(name) ?? template.Parameters[name]?.Default;
      if (value === undefined) throw new Error(`${where}: parameter ${name} is not passed and has no default`);
      return value;
    }
    const value = options.attribute(name, undefined);
    if (value === undefined) throw new Error(`${where}: Ref to ${name} cannot be resolved locally`);
    return value;
  }

  function getAtt(logicalId: string, attribute: string, where: string): string {
    const value = options.attribute(logicalId, attribute);
    if (value === undefined)
      throw new Error(`${where}: Fn::GetAtt ${logicalId}.${attribute} cannot be resolved locally`);
    return value;
  }

  function substitute(argument: unknown, where: string): string {
    const [text, extra] = Array.isArray(argument) ? [String(argument[0]), record(argument[1])] : [String(argument), {}];
    return text.replace(/\$\{([^}]+)\}/g, (_whole, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      if (name in extra) return String(resolve(extra[name], where));
      const dot = name.indexOf('.');
      return dot > 0 ? getAtt(name.slice(0, dot), name.slice(dot + 1), where) : String(reference(name, where));
    });
  }

  /** `{{resolve:secretsmanager:<name>:SecretString:<json key>}}`; other services hold nothing locally. */
  function dynamic(text: string, where: string): string {
    return text.replace(/\{\{resolve:([^}]+)\}\}/g, (whole, body: string) => {
      const match = /^secretsmanager:(.+?):SecretString(?::([^:]*))?/.exec(body);
      const secret = match?.[1] === undefined ? undefined : options.secrets?.[match[1]];
      if (secret === undefined) throw new Error(`${where}: dynamic reference ${whole} cannot be resolved locally`);
      return match?.[2] ? String(record(JSON.parse(secret))[match[2]]) : secret;
    });
  }

  const functions: Record<string, (argument: unknown, where: string) => unknown> = {
    Ref: (argument, where) => reference(String(argument), where),
    'Fn::GetAtt': (argument, where) => {
      const parts = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
      return getAtt(parts[0] ?? '', parts.slice(1).join('.'), where);
    },
    'Fn::Sub': substitute,
    'Fn::Join': (argument, where) => {
      const [separator, values] = list(argument, where);
      return list(resolve(values, where), where).map(String).join(String(separator));
    },
    'Fn::Select': (argument, where) => {
      const [index, values] = list(argument, where);
      const value = list(resolve(values, where), where)[Number(resolve(index, where))];
      if (value === undefined) throw new Error(`${where}: Fn::Select is out of range`);
      return value;
    },
    'Fn::Split': (argument, where) => {
      const [separator, text] = list(argument, where);
      return String(resolve(text, where)).split(String(separator));
    },
    'Fn::If': (argument, where) => {
      const [name, yes, no] = list(argument, where);
      return resolve(condition(String(name)) ? yes : no, where);
    },
    'Fn::FindInMap': (argument, where) => {
      const [map, first, second] = list(argument, where).map((part) => String(resolve(part, where)));
      const value = template.Mappings?.[map ?? '']?.[first ?? '']?.[second ?? ''];
      if (value === undefined) throw new Error(`${where}: no mapping ${map}.${first}.${second}`);
      return value;
    },
    'Fn::Base64': (argument, where) => Buffer.from(String(resolve(argument, where))).toString('base64'),
    'Fn::Equals': (argument, where) => {
      const [left, right] = list(argument, where).map((part) => JSON.stringify(resolve(part, where)));
      return left === right;
    },
    'Fn::And': (argument, where) => list(argument, where).every((part) => resolve(part, where) === true),
    'Fn::Or': (argument, where) => list(argument, where).some((part) => resolve(part, where) === true),
    'Fn::Not': (argument, where) => resolve(list(argument, where)[0], where) !== true,
  };

  function condition(name: string | undefined): boolean {
    if (name === undefined) return true;
    const body = template.Conditions?.[name];
    if (body === undefined) throw new Error(`Condition ${name} is not in the template`);
    return resolve(body, `Conditions.${name}`) === true;
  }

  function resolve(value: unknown, where: string): unknown {
    if (typeof value === 'string') return value.includes('{{resolve:') ? dynamic(value, where) : value;
    if (Array.isArray(value)) return value.map((item) => resolve(item, where)).filter((item) => item !== noValue);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (first && entries.length === 1) {
      const [name, argument] = first;
      const run = functions[name];
      if (run) {
        const result = run(argument, where);
        return typeof result === 'string' && result.includes('{{resolve:') ? dynamic(result, where) : result;
      }
      if (name === 'Condition' && typeof argument === 'string') return condition(argument);
      if (name.startsWith('Fn::')) throw new Error(`${where}: ${name} is not supported locally`);
    }
    const resolved = entries.map(([key, item]) => [key, resolve(item, `${where}.${key}`)] as const);
    return Object.fromEntries(resolved.filter(([, item]) => item !== noValue));
  }

  return { resolve, condition };
}

function list(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${where}: expected a list`);
  return value;
}

function record(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}
