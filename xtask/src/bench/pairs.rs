//! Keyward and its rivals as a table for people and as JSON for machines. Measures nothing.

use serde_json::{Value, json};

use super::{
    measure::Series,
    rivals::{Both, Pair},
    table::{latency, ratios, series},
};

/// A section of its own; nothing when nobody asked for it.
pub fn as_markdown(pairs: &[Pair]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "\n## Beside the real products\n\n\
         Each pair: the same requests over the same connections for the same time, one server alive at a time, taking \
         turns; both are started anew for each turn and warmed up before it is measured. The ratios are medians over \
         the turns.\n\n\
         | | requests/s | server CPU per request | p50 / p99 at half load | Keyward, by requests/s | by CPU per request |\n\
         |---|--:|--:|--:|--:|--:|\n",
    );
    for pair in pairs {
        out.push_str(&rows(pair));
    }
    for pair in pairs {
        out.push_str(&format!("\n**{}** ({}): {}\n", pair.name, pair.versions.join(", "), pair.terms));
    }
    out
}

fn rows(pair: &Pair) -> String {
    // The first package is the product.
    let version = pair.versions.first().and_then(|first| first.rsplit_once(' ')).map_or("", |(_, v)| v);
    let theirs = format!("{} {version}: {}", pair.name, pair.their_call);
    let ours = format!("Keyward: {}", pair.our_call);
    match &pair.figures {
        Err(why) => format!("| {theirs} | {why} | | | | |\n"),
        Ok(both) => format!(
            "{}{}",
            row(&theirs, &both.theirs, "1", "1"),
            row(&ours, &both.ours, &times(both.by_requests()), &format!("1/{}", times(both.by_cpu())))
        ),
    }
}

fn row(name: &str, s: &Series, by_requests: &str, by_cpu: &str) -> String {
    format!(
        "| {name} | {:.0} | {:.1} µs | {} | {by_requests} | {by_cpu} |\n",
        s.per_s(),
        s.cpu_us(),
        latency(s)
    )
}

fn times(ratio: f64) -> String {
    if ratio >= 10.0 { format!("{ratio:.0}") } else { format!("{ratio:.1}") }
}

impl Both {
    /// How many of our requests are answered in the time of one of theirs.
    fn by_requests(&self) -> f64 {
        ratios(self.ours.rounds.iter().map(|s| s.per_s), self.theirs.rounds.iter().map(|s| s.per_s))
    }

    /// How many of our requests the CPU time of one of theirs pays for.
    fn by_cpu(&self) -> f64 {
        ratios(self.theirs.rounds.iter().map(|s| s.cpu_us), self.ours.rounds.iter().map(|s| s.cpu_us))
    }
}

pub fn as_json(pair: &Pair) -> Value {
    let mut value = json!({
        "name": pair.name,
        "versions": pair.versions,
        "their_call": pair.their_call,
        "our_call": pair.our_call,
        "missing": pair.figures.as_ref().err(),
    });
    if let Ok(both) = &pair.figures {
        value["theirs"] = series(&both.theirs);
        value["ours"] = series(&both.ours);
        value["ratio_requests_per_s"] = both.by_requests().into();
        value["ratio_cpu"] = both.by_cpu().into();
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::load::Sample;

    fn pair(figures: Result<Both, String>) -> Pair {
        Pair {
            name: "theirs",
            versions: vec!["theirs 1.2.3".to_owned()],
            their_call: "`verify`",
            our_call: "`POST /verify`",
            terms: "all the same.",
            figures,
        }
    }

    fn one(per_s: f64, cpu_us: f64) -> Series {
        Series { rounds: vec![Sample { per_s, cpu_us }], p50_us: vec![1.0], p99_us: vec![2.0] }
    }

    #[test]
    fn ratios_say_how_many_times_more_and_how_many_times_less() {
        let pair = pair(Ok(Both { ours: one(60_000.0, 16.0), theirs: one(3_000.0, 40.0) }));
        let text = as_markdown(std::slice::from_ref(&pair));
        assert!(text.contains("| theirs 1.2.3: `verify` | 3000 | 40.0 µs | 1 / 2 µs | 1 | 1 |"), "{text}");
        assert!(
            text.contains("| Keyward: `POST /verify` | 60000 | 16.0 µs | 1 / 2 µs | 20 | 1/2.5 |"),
            "{text}"
        );
        let json = as_json(&pair);
        assert_eq!((&json["missing"], &json["ratio_cpu"]), (&Value::Null, &json!(2.5)));
    }

    #[test]
    fn a_rival_that_is_not_there_is_a_row_that_says_why() {
        let pair = pair(Err("not installed: npm is missing".to_owned()));
        assert!(as_markdown(std::slice::from_ref(&pair)).contains("| not installed: npm is missing |"));
        assert_eq!(as_json(&pair)["missing"], "not installed: npm is missing");
        assert_eq!(as_markdown(&[]), "");
    }
}
