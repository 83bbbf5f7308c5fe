/**
 * The parts of a node, put together over the ports that it is given.
 *
 * Each part is made with this record and takes from it what its own type names. The fields stand in the
 * order in which they are made; a part may use one that comes after it only once the node has started, which
 * is why such uses stand here, as hooks.
 *
 * @module
 */

import { equalBytes } from "../core/equal_bytes.ts";
import { formatAddress } from "../core/kademlia/address.ts";
import { type Contact, sameContact } from "../core/kademlia/contact.ts";
import type { Diversity } from "../core/kademlia/diversity.ts";
import { RoutingTable } from "../core/kademlia/routing_table.ts";
import type { NodeContext, NodeSettings } from "./context.ts";
import { ClosestOracle } from "./lookup/closest_oracle.ts";
import { DensityWatch } from "./lookup/density_watch.ts";
import { LookupPeers } from "./lookup/lookup_peers.ts";
import { Lookups } from "./lookup/lookups.ts";
import { BucketRefresh } from "./maintenance/bucket_refresh.ts";
import { ContactKeeper } from "./maintenance/contact_keeper.ts";
import { Joiner } from "./maintenance/joiner.ts";
import { KeepInTouch } from "./maintenance/keep_in_touch.ts";
import { Recheck } from "./maintenance/recheck.ts";
import { WakeWatch } from "./maintenance/wake_watch.ts";
import { Pins } from "./membership/pins.ts";
import { Membership } from "./membership/membership.ts";
import { ReachabilityWatch } from "./membership/reachability.ts";
import { JOIN_WAIT_MS } from "./limits.ts";
import { diversityOf, type NodeOptions } from "./options.ts";
import type { Ports } from "./ports.ts";
import { Neighbourhoods } from "./repair/neighbourhood.ts";
import { Repair } from "./repair/repair.ts";
import { ReplacedVersions } from "./replication/replaced_versions.ts";
import { RepairAnswers } from "./repair/repair_answers.ts";
import { Republisher } from "./replication/republisher.ts";
import { SharedDigests } from "./repair/shared_digests.ts";
import { Storage } from "./replication/storage.ts";
import { Transfers } from "./repair/transfers.ts";
import { Introductions } from "./rpc/introductions.ts";
import { RequestHandler } from "./rpc/request_handler.ts";
import { Rpc } from "./rpc/rpc.ts";
import { NodeTime } from "./time/node_time.ts";
import { EarlyPuts } from "./values/early_puts.ts";
import { Gets } from "./values/get.ts";
import { LocalValues } from "./values/local_values.ts";
import { NewestRead } from "./values/newest_read.ts";
import { NewerVersions } from "./values/newer_versions.ts";
import { PathCache } from "./values/path_cache.ts";
import { MissedStores } from "./values/missed_stores.ts";
import { Placement } from "./values/placement.ts";
import { Puts } from "./values/put.ts";

/** All parts of one node. Only the node itself and tests of the parts have them in hand. */
export class NodeParts implements NodeContext {
  readonly self: Contact;
  readonly options: NodeOptions;
  readonly bootstrappers: readonly Contact[];
  readonly ports: Ports;
  readonly diversity: Diversity;
  readonly time: NodeTime;

  // Contacts.
  readonly table: RoutingTable;
  readonly pins: Pins;
  readonly membership: Membership;
  readonly reachability: ReachabilityWatch;
  readonly rpc: Rpc;
  readonly introductions: Introductions;
  readonly oracle: ClosestOracle;
  readonly lookupPeers: LookupPeers;
  readonly densityWatch: DensityWatch;
  readonly lookups: Lookups;

  // Values.
  readonly storage: Storage;
  readonly missedStores: MissedStores;
  readonly placement: Placement;
  readonly localValues: LocalValues;
  readonly newestRead: NewestRead;
  readonly newerVersions: NewerVersions;
  readonly pathCache: PathCache;
  readonly republisher: Republisher;
  readonly puts: Puts;
  readonly earlyPuts: EarlyPuts;
  readonly gets: Gets;
  readonly transfers: Transfers;
  readonly neighbourhoods: Neighbourhoods;
  readonly replaced: ReplacedVersions;
  readonly sharedDigests: SharedDigests;
  readonly repair: Repair;
  readonly repairAnswers: RepairAnswers;

  // Maintenance.
  readonly joiner: Joiner;
  readonly bucketRefresh: BucketRefresh;
  readonly keepInTouch: KeepInTouch;
  readonly recheck: Recheck;
  readonly wakeWatch: WakeWatch;
  readonly contactKeeper: ContactKeeper;

  /** Answers peers. */
  readonly requests: RequestHandler;

  constructor({ self, options, bootstrappers, onJoined }: NodeSettings, ports: Ports) {
    this.self = self;
    this.options = options;
    this.ports = ports;
    this.bootstrappers = bootstrappers.filter((contact) => !this.#isSelf(contact));
    this.time = new NodeTime(ports, {
      onMeasured: () => this.storage.noteMeasured(),
      onKnown: () => this.earlyPuts.onTimeKnown(),
    });
    this.diversity = diversityOf(self, options);
    this.table = new RoutingTable(self.id, {
      ...options,
      diversity: this.diversity,
      onDropped: ({ contact, failingSince }) => this.pins.note(contact, failingSince),
    });
    this.pins = new Pins(this);
    this.membership = new Membership(this, {
      onChanged: () => {
        this.repair.noteChange();
        this.recheck.noteChange();
        this.contactKeeper.noteChange();
      },
      onReturned: (contact) => {
        this.repair.noteReturned(contact);
        this.missedStores.noteReturned(contact);
      },
      onFailed: () => this.joiner.checkAlone(),
      onPingWanted: (contact) => this.introductions.ping(contact),
    });
    this.reachability = new ReachabilityWatch(this, {
      onPingWanted: (contact) => this.introductions.ping(contact),
    });
    this.rpc = new Rpc(this);
    this.introductions = new Introductions(this);
    this.oracle = new ClosestOracle(this);
    this.lookupPeers = new LookupPeers(this);
    this.densityWatch = new DensityWatch(this);
    this.lookups = new Lookups(this);
    this.storage = new Storage(this, {
      onDue: () => this.republisher.republishDue(),
      onConflict: (replica) => this.republisher.republishEarly(replica),
      onCame: (replica) => {
        this.sharedDigests.onCame(replica);
        this.transfers.onCame(replica);
      },
      onGone: (replica) => this.sharedDigests.onGone(replica),
      onRestoredLate: () => this.wakeWatch.noteFormer(),
    });
    this.missedStores = new MissedStores(this);
    this.placement = new Placement(this);
    this.localValues = new LocalValues(this);
    this.newestRead = new NewestRead(this);
    this.newerVersions = new NewerVersions(this);
    this.pathCache = new PathCache(this);
    this.republisher = new Republisher(this);
    this.puts = new Puts(this);
    this.earlyPuts = new EarlyPuts(this);
    this.gets = new Gets(this);
    this.transfers = new Transfers(this, {
      onBrought: (replica) => this.repair.noteBrought(replica),
      onMissing: () => this.repair.noteMissing(),
    });
    this.neighbourhoods = new Neighbourhoods(this);
    this.replaced = new ReplacedVersions(this, {
      onDoubt: (contact) => this.repair.noteDoubt(contact),
    });
    this.sharedDigests = new SharedDigests(this);
    this.repair = new Repair(this);
    this.repairAnswers = new RepairAnswers(this);
    this.joiner = new Joiner(this, {
      onJoined: () => {
        this.repair.compareWithAll();
        this.wakeWatch.noteJoined();
        onJoined?.();
      },
    });
    this.bucketRefresh = new BucketRefresh(this);
    this.keepInTouch = new KeepInTouch(this);
    this.recheck = new Recheck(this);
    this.wakeWatch = new WakeWatch(this, {
      onBack: () => {
        this.repair.compareWithAll();
        this.keepInTouch.lookForLost();
        // Those who have come meanwhile could not reach this node, and do not know it.
        this.lookups.run({ target: this.self.id, forValue: false }, () => {});
      },
    });
    this.contactKeeper = new ContactKeeper(this);
    this.requests = new RequestHandler(this);
  }

  /**
   * Whether a bootstrapper is this node, under whichever certificate: one list serves a whole network. What
   * the node hears of itself would count as a sign of life of the network. An invite of another machine that listens
   * on loopback names this one.
   */
  #isSelf(contact: Contact): boolean {
    if (!equalBytes(contact.id, this.self.id)) return false;
    const { log } = this.ports;
    const leftOut = `Left out bootstrapper ${formatAddress(contact.address)}:`;
    if (sameContact(contact, this.self)) log("info", `${leftOut} it is this node`);
    else {
      log(
        "warn",
        `${leftOut} this is this node's own address, with the certificate of another: a node on ` +
          "another machine must listen where this one reaches it",
      );
    }
    return true;
  }

  /** Begins what a node does by itself. */
  start(): void {
    this.bucketRefresh.start();
    this.keepInTouch.start();
    this.wakeWatch.start({ holdsFormer: this.storage.figures().replicas > 0 });
    if (this.joiner.knownBefore > 0) this.lookups.hold(JOIN_WAIT_MS, this.joiner.via);
    this.joiner.join();
  }

  /** Ends what a node does by itself, but for storing and answering. */
  stopMaintenance(): void {
    this.joiner.close();
    this.bucketRefresh.close();
    this.keepInTouch.close();
    this.recheck.close();
    this.wakeWatch.close();
    this.contactKeeper.close();
    this.reachability.close();
    this.repair.close();
    this.transfers.close();
    this.republisher.close();
  }

  /** Ends everything at once: what is under way fails. */
  close(): void {
    this.puts.close();
    this.gets.close();
    this.stopMaintenance();
    this.lookups.close();
    this.storage.close();
    this.time.close();
  }
}
