import { grpc } from '../gen/proto.js';
import { enumeration, message, string, type MessageOf } from './message.js';

/** The standard gRPC health check, served without authentication (runtime.md §1.4). */

const pb = grpc.health.v1;

export const HealthCheckRequest = message('grpc.health.v1.HealthCheckRequest', pb.HealthCheckRequest, { service: string });
export type HealthCheckRequest = MessageOf<typeof HealthCheckRequest>;

export const HealthCheckResponse = message('grpc.health.v1.HealthCheckResponse', pb.HealthCheckResponse, {
  status: enumeration('UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'),
});
export type HealthCheckResponse = MessageOf<typeof HealthCheckResponse>;
