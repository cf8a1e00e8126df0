/**
 * Names and dimensions, written out again from: API Gateway developer guide, "Monitor CloudWatch metrics for HTTP APIs";
 * Lambda developer guide, "Types of metrics for Lambda functions"; DynamoDB developer guide, "DynamoDB Metrics and
 * dimensions"; SQS developer guide, "Available CloudWatch metrics for Amazon SQS". Those of functions are tested where they run.
 */
const operation = ['TableName', 'Operation'];
const index = ['TableName', 'GlobalSecondaryIndexName'];
export const documented: Record<string, string[][]> = {
  'AWS/ApiGateway Count': [['ApiId']],
  'AWS/ApiGateway 4xx': [['ApiId']],
  'AWS/ApiGateway 5xx': [['ApiId']],
  'AWS/ApiGateway Latency': [['ApiId']],
  'AWS/Lambda Errors': [['FunctionName'], []],
  'AWS/Lambda IteratorAge': [['FunctionName']],
  'AWS/Lambda PolledEventCount': [['EventSourceMappingUUID']],
  'AWS/Lambda Throttles': [['FunctionName'], []],
  'AWS/Lambda ConcurrentExecutions': [['FunctionName'], []],
  'AWS/Lambda ClaimedAccountConcurrency': [[]],
  'AWS/DynamoDB ReadThrottleEvents': [['TableName'], index],
  'AWS/DynamoDB WriteThrottleEvents': [['TableName'], index],
  'AWS/DynamoDB SystemErrors': [operation],
  'AWS/DynamoDB SuccessfulRequestLatency': [operation],
  'AWS/DynamoDB TransactionConflict': [['TableName']],
  'AWS/SQS ApproximateAgeOfOldestMessage': [['QueueName']],
  'AWS/SQS ApproximateNumberOfMessagesVisible': [['QueueName']],
  'AWS/SQS ApproximateNumberOfMessagesNotVisible': [['QueueName']],
  'Stowage Latency': [['service', 'group']],
  'Stowage Uploads': [['service']],
  'Stowage UploadedBytes': [['service']],
  'Stowage TableTime': [['service']],
  'Stowage BucketTime': [['service']],
  'Stowage BucketFailures': [['service']],
  'Stowage Conflicts': [['service']],
  'Stowage WorkFailures': [['service']],
  'Stowage Orphans': [['service']],
  'Stowage ReconcileRuns': [['service']],
};
