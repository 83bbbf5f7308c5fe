/**
 * What is used of prom-client, each class by the file that defines it: the package's index also loads
 * clustering, a client of HTTP and compression, which takes longer than all the rest of a node's start.
 *
 * @module
 */

import type * as promClient from "prom-client";
import counter from "prom-client/lib/counter.js";
import gauge from "prom-client/lib/gauge.js";
import histogram from "prom-client/lib/histogram.js";
import registry from "prom-client/lib/registry.js";

export const Counter: typeof promClient.Counter = counter;
export type Counter<Label extends string = string> = promClient.Counter<Label>;
export const Gauge: typeof promClient.Gauge = gauge;
export type Gauge<Label extends string = string> = promClient.Gauge<Label>;
export const Histogram: typeof promClient.Histogram = histogram;
export type Histogram<Label extends string = string> = promClient.Histogram<Label>;
export const Registry: typeof promClient.Registry = registry;
export type Registry = promClient.Registry;
