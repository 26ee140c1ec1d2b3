//! A scan: each cause, and the service accounts that it hits; what could not be read.

use super::chart::Chart;
use crate::report::text::{gap_line, judged, target_in_cluster, verdict_class, verdict_words};
use irsa_doctor_checks::overview::{AccountLine, Cause, Overview};
use irsa_doctor_checks::report::{Report, TargetReport};
use irsa_doctor_checks::snapshot::Target;
use std::collections::{BTreeMap, BTreeSet};

/// So many causes are drawn, the worst.
const MOST_CAUSES: usize = 20;
/// So many of the service accounts that a cause hits are drawn.
const MOST_ACCOUNTS: usize = 8;
/// So many gaps are drawn.
const MOST_GAPS: usize = 10;

/// Draws the picture.
pub(super) fn draw(report: &Report, overview: &Overview, chart: &mut Chart) {
    gaps(report, chart);
    let lines = overview.accounts.iter().enumerate();
    let index: BTreeMap<&Target, usize> =
        lines.flat_map(|(at, line)| line.targets.iter().map(move |target| (target, at))).collect();
    let mut drawn: BTreeMap<usize, usize> = BTreeMap::new();
    let mut left_out = 0;
    for (number, cause) in report.listed_causes(overview).enumerate() {
        let fits = number < MOST_CAUSES && left_out == 0 && {
            let hit: BTreeSet<usize> = cause.victims.iter().filter_map(|victim| index.get(victim).copied()).collect();
            let mut known = drawn.clone();
            let fits = chart.add(|part| draw_cause(cause, &hit, overview, &mut known, part));
            if fits {
                drawn = known;
            }
            fits
        };
        left_out += usize::from(!fits);
    }
    if left_out > 0 {
        chart.node(&[&format!("{left_out} more causes are left out here")], "note");
    }
}

/// A cause, and what it hits; `drawn` has the boxes of service accounts that are there already.
fn draw_cause(cause: &Cause, hit: &BTreeSet<usize>, overview: &Overview, drawn: &mut BTreeMap<usize, usize>, chart: &mut Chart) {
    let from = super::finding(&cause.found, chart);
    for at in hit.iter().take(MOST_ACCOUNTS) {
        let Some(line) = overview.accounts.get(*at) else { continue };
        let to = *drawn.entry(*at).or_insert_with(|| account(line, chart));
        chart.edge(from, to, "-->");
    }
    if hit.len() > MOST_ACCOUNTS {
        let more = chart.node(&[&format!("{} more service accounts", hit.len() - MOST_ACCOUNTS)], "note");
        chart.edge(from, more, "-->");
    }
}

fn account(line: &AccountLine, chart: &mut Chart) -> usize {
    let cluster = line.cluster.as_ref().map(|cluster| format!("cluster {cluster}")).unwrap_or_default();
    let verdict = format!("{}, {}", verdict_words(line.verdict), judged(line));
    chart.node(&[&format!("serviceaccount {}/{}", line.namespace, line.name), &cluster, &verdict], verdict_class(line.verdict))
}

/// What could not be read: of the scan itself, and what verdicts hang on, each once.
fn gaps(report: &Report, chart: &mut Chart) {
    let of_scan = |target: &&TargetReport| target.target.kind.is_scan();
    let mut known = BTreeSet::new();
    let mut said = Vec::new();
    for target in report.listed().filter(of_scan) {
        for gap in &target.gaps {
            let line = gap_line(&gap.found.gap);
            if known.insert(line.clone()) {
                said.push(format!("{}: {line}", target_in_cluster(&target.target)));
            }
        }
    }
    for gap in report.listed().filter(|target| !of_scan(target)).flat_map(|target| &target.gaps) {
        let line = gap_line(&gap.found.gap);
        if gap.found.decisive && known.insert(line.clone()) {
            said.push(line);
        }
    }
    for line in said.iter().take(MOST_GAPS) {
        chart.node(&["? not read", line], "unknown");
    }
    if said.len() > MOST_GAPS {
        chart.node(&[&format!("{} more gaps are left out here", said.len() - MOST_GAPS)], "note");
    }
}
