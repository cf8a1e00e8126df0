/** What CloudFormation takes in one template. Source: CloudFormation user guide, "Understand CloudFormation quotas". */

export const mostResources = 500;
const mostParameters = 200;
const mostOutputs = 200;

/** Bytes of a template in S3, where CDK puts it; the guide says 1 MB and not which, so the smaller one. */
const mostBytes = 1_000_000;

export interface LimitedTemplate {
  Resources: object;
  Parameters?: object;
  Outputs?: object;
}

/** Every limit of one template that is passed, in a line that begins with `name`. */
export function passedLimits(name: string, template: LimitedTemplate): string[] {
  const { Resources, Parameters = {}, Outputs = {} } = template;
  const sizes: [number, number, string][] = [
    [Object.keys(Resources).length, mostResources, 'resources'],
    [Object.keys(Parameters).length, mostParameters, 'parameters'],
    [Object.keys(Outputs).length, mostOutputs, 'outputs'],
    // Indented by one, as CDK writes the file that is uploaded.
    [Buffer.byteLength(JSON.stringify(template, undefined, 1)), mostBytes, 'bytes'],
  ];
  return sizes.flatMap(([size, most, what]) =>
    size > most ? [`${name}: ${size} ${what} are more than the ${most} of a template`] : [],
  );
}
