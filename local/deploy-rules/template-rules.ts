/**
 * What CloudFormation asks of one template, nested or not. Source: CloudFormation user guide, "Understand CloudFormation
 * quotas": the quotas are of each template, not of all together.
 */
import type { CfnTemplate } from '../template/intrinsics.ts';

/** As an object in S3, which is how the CDK hands every template over. The smaller reading of "1 MB". */
const mostBytes = 1_000_000;
const mostOf = { Resources: 500, Parameters: 200, Outputs: 200, Mappings: 200 } as const;
const longestName = 255;
const longestDescription = 1024;

export interface TemplateToCheck {
  stackName: string;
  template: CfnTemplate;
  /** Names of the parameters that the stack around it passes; undefined for a root stack, which nobody passes any. */
  passed: readonly string[] | undefined;
}

/** Every reason CloudFormation has to refuse a template before it looks at a resource, each with the stack's name. */
export function templateFaults({ stackName, template, passed }: TemplateToCheck): string[] {
  const faults: string[] = [];
  const refuse = (text: string) => faults.push(`${stackName}: ${text}`);
  for (const [section, most] of Object.entries(mostOf)) {
    const names = Object.keys(template[section as keyof typeof mostOf] ?? {});
    if (names.length > most) refuse(`${names.length} ${section} are more than the ${most} of a template`);
    for (const name of names.filter((each) => !/^[A-Za-z0-9]+$/.test(each) || each.length > longestName)) {
      refuse(`"${name}" of ${section} must be at most ${longestName} letters and digits`);
    }
  }
  if (Object.keys(template.Resources).length === 0) refuse('has no resource');
  // With the blanks the CDK writes into a root template.
  const bytes = Buffer.byteLength(JSON.stringify(template, undefined, 1));
  if (bytes > mostBytes) refuse(`${bytes} bytes are more than the ${mostBytes} of a template`);
  if (Buffer.byteLength(template.Description ?? '') > longestDescription) refuse('has too long a description');
  if (!passed) return faults;
  const declared = template.Parameters ?? {};
  const unknown = passed.filter((name) => !(name in declared));
  const missing = Object.keys(declared).filter(
    (name) => declared[name]?.Default === undefined && !passed.includes(name),
  );
  if (unknown.length > 0) refuse(`is passed ${unknown.join(', ')}, which it does not declare`);
  if (missing.length > 0) refuse(`is not passed ${missing.join(', ')}`);
  return faults;
}
