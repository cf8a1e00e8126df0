/** The layer that brings sharp for linux-arm64 to functions that decode images; see `../sharp-layer-build.ts`. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

/** @param dir as Lambda unpacks it under /opt: `nodejs/node_modules/sharp` and what it needs */
export function sharpLayer(scope: Construct, id: string, dir: string): LayerVersion {
  return new LayerVersion(scope, id, {
    description: 'sharp and libvips for linux-arm64',
    code: Code.fromAsset(dir),
    compatibleRuntimes: [Runtime.NODEJS_24_X],
    compatibleArchitectures: [Architecture.ARM_64],
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
