//! Which origins a pattern of the configuration means. It decides nothing by itself.

/// A pattern with a scheme is about the whole origin, one without about the host.
pub fn fits(pattern: &str, origin: &str) -> bool {
    let (pattern, origin) = (pattern.trim_end_matches('/').to_ascii_lowercase(), origin.to_ascii_lowercase());
    let host = || origin.split_once("://").map_or("", |(_, host)| host);
    matches(&pattern, if pattern.contains("://") { &origin } else { host() })
}

/// A star stands for a part of a host, and so for no slash.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(head) else { return false };
    let reach = rest.find('/').unwrap_or(rest.len());
    (0..=reach).filter_map(|at| rest.get(at..)).any(|rest| matches(tail, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_a_part_of_a_host_and_never_lets_another_host_in() {
        for (pattern, origin, fitting) in [
            ("https://app.example", "https://app.example", true),
            ("https://app.example/", "https://APP.example", true),
            ("https://app.example", "http://app.example", false),
            ("https://app.example", "https://app.example.evil.example", false),
            ("https://*.app.example", "https://a.b.app.example", true),
            ("https://*.app.example", "https://x.app.example.evil.example", false),
            ("https://*.app.example", "https://evil.example/.app.example", false),
            ("https://*.app.example", "https://app.example", false),
            ("localhost:*", "http://localhost:3000", true),
            ("localhost:*", "http://localhost.evil.example:3000", false),
            ("https://app.example", "null", false),
        ] {
            assert_eq!(fits(pattern, origin), fitting, "{pattern} {origin}");
        }
    }
}
