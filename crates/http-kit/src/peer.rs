//! The client's address. The socket peer, unless that is a trusted proxy: then what the proxies vouch
//! for, read from the right, stopping at the first address that is not one of ours. Exactly one header is
//! read: a proxy that writes one of the two usually passes the other on as the client wrote it. A header a
//! client wrote itself never counts.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, request::Parts},
};
use ipnet::IpNet;

const FORWARDED: &str = "forwarded";
const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The proxies whose forwarding header is believed. Empty: none, ever.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    nets: Vec<IpNet>,
    header: ForwardHeader,
}

/// The one header the trusted proxies write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardHeader {
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

impl ForwardHeader {
    pub fn parse(text: &str) -> Option<Self> {
        [Self::XForwardedFor, Self::Forwarded].into_iter().find(|h| h.name().eq_ignore_ascii_case(text))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => X_FORWARDED_FOR,
            Self::Forwarded => FORWARDED,
        }
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is neither an IP address nor a CIDR block")]
pub struct BadProxy(pub String);

impl TrustedProxies {
    pub fn parse<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Self, BadProxy> {
        let nets = entries.into_iter().map(|e| parse_net(e.as_ref().trim())).collect::<Result<_, _>>()?;
        Ok(Self { nets, header: ForwardHeader::default() })
    }

    /// The same proxies, believed by this header and no other.
    pub fn reading(self, header: ForwardHeader) -> Self {
        Self { header, ..self }
    }

    pub fn trusts(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.nets.iter().any(|net| net.contains(&ip))
    }

    /// The client behind `socket`. `None` only when the trusted proxies name something that is no
    /// address: then nobody knows, and a key limited to hosts must not pass.
    pub fn client(&self, socket: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        let socket = socket.to_canonical();
        if self.nets.is_empty() || !self.trusts(socket) {
            return Some(socket);
        }
        let hops = hops(headers, self.header);
        for hop in hops.iter().rev() {
            let ip = parse_hop(hop)?;
            if !self.trusts(ip) {
                return Some(ip);
            }
        }
        // Only our own proxies spoke: the outermost of them is the client.
        Some(hops.first().and_then(|hop| parse_hop(hop)).unwrap_or(socket))
    }
}

/// The socket's other end, as the server recorded it.
pub fn socket(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical())
}

/// [`TrustedProxies::client`] for a request; `None` when the address is not known.
pub fn client_ip(parts: &Parts, trusted: &TrustedProxies) -> Option<IpAddr> {
    trusted.client(socket(&parts.extensions)?, &parts.headers)
}

/// Whether the client itself spoke TLS, as far as a trusted proxy says so. For `Secure` cookies.
pub fn forwarded_https(parts: &Parts, trusted: &TrustedProxies) -> bool {
    socket(&parts.extensions).is_some_and(|ip| trusted.trusts(ip))
        && parts.headers.get(X_FORWARDED_PROTO).is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// All hops of the one header, in the order they were written.
fn hops(headers: &HeaderMap, header: ForwardHeader) -> Vec<String> {
    let texts =
        headers.get_all(header.name()).iter().map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let hops = texts.flat_map(|t| t.split(',').map(|p| p.trim().to_owned()).collect::<Vec<_>>());
    match header {
        ForwardHeader::XForwardedFor => hops.collect(),
        ForwardHeader::Forwarded => hops.map(|element| forwarded_for(&element).to_owned()).collect(),
    }
}

/// The `for=` of one element of `Forwarded`; empty when there is none.
fn forwarded_for(element: &str) -> &str {
    let value = element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    });
    value.unwrap_or_default().trim_matches('"')
}

/// An address, with or without a port, IPv6 with or without brackets.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let plain = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|s| s.ip()));
    plain.ok().or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()).map(|ip| ip.to_canonical())
}

fn parse_net(text: &str) -> Result<IpNet, BadProxy> {
    text.parse::<IpAddr>()
        .map(|ip| IpNet::from(ip.to_canonical()))
        .or_else(|_| text.parse::<IpNet>().map(|net| net.trunc()))
        .map_err(|_| BadProxy(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], socket: &str, headers: &[(&str, &str)]) -> Option<String> {
        let read = if headers.iter().any(|(name, _)| *name == "x-forwarded-for") {
            ForwardHeader::XForwardedFor
        } else {
            ForwardHeader::Forwarded
        };
        client_by(read, trusted, socket, headers)
    }

    fn client_by(
        read: ForwardHeader,
        trusted: &[&str],
        socket: &str,
        headers: &[(&str, &str)],
    ) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(axum::http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let trusted = TrustedProxies::parse(trusted).unwrap().reading(read);
        trusted.client(socket.parse().unwrap(), &map).map(|ip| ip.to_string())
    }

    #[test]
    fn a_header_from_an_untrusted_peer_is_ignored() {
        for header in ["x-forwarded-for", "forwarded"] {
            let got = client(&[], "203.0.113.9", &[(header, "for=10.0.0.1")]);
            assert_eq!(got.as_deref(), Some("203.0.113.9"), "{header}");
        }
        assert_eq!(
            client(&["10.0.0.0/8"], "203.0.113.9", &[("x-forwarded-for", "1.1.1.1")]).unwrap(),
            "203.0.113.9"
        );
    }

    #[test]
    fn addresses_are_read_from_the_right_and_what_a_client_wrote_on_the_left_is_not_believed() {
        let trusted = ["10.0.0.0/8", "::1"];
        for (header, value, want) in [
            ("x-forwarded-for", "1.1.1.1, 203.0.113.5", "203.0.113.5"),
            ("x-forwarded-for", "1.1.1.1, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
            ("x-forwarded-for", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("x-forwarded-for", "203.0.113.5:4711", "203.0.113.5"),
            ("x-forwarded-for", "[2001:db8::1]:443", "2001:db8::1"),
            ("x-forwarded-for", "::ffff:203.0.113.5", "203.0.113.5"),
            ("forwarded", "for=1.1.1.1, for=\"[2001:db8::7]:80\";proto=https", "2001:db8::7"),
            ("forwarded", "proto=https;For=203.0.113.6", "203.0.113.6"),
        ] {
            assert_eq!(client(&trusted, "10.1.1.1", &[(header, value)]).as_deref(), Some(want), "{value}");
        }
        assert_eq!(
            client(&trusted, "::ffff:10.1.1.1", &[("x-forwarded-for", "8.8.8.8")]).unwrap(),
            "8.8.8.8"
        );
        let twice = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "9.9.9.9")];
        assert_eq!(client(&trusted, "::1", &twice).unwrap(), "9.9.9.9");
    }

    #[test]
    fn a_trusted_proxy_that_names_no_address_leaves_the_client_unknown() {
        for value in ["unknown", "_hidden", "", "1.2.3.4.5"] {
            assert_eq!(client(&["10.0.0.1"], "10.0.0.1", &[("x-forwarded-for", value)]), None, "{value:?}");
        }
        assert_eq!(client(&["10.0.0.1"], "10.0.0.1", &[]).unwrap(), "10.0.0.1");
    }

    #[test]
    fn the_header_the_proxies_do_not_write_never_counts() {
        let both = [("forwarded", "for=10.9.9.9, for=1.1.1.1"), ("x-forwarded-for", "203.0.113.5")];
        let by = |read| client_by(read, &["10.0.0.0/8"], "10.1.1.1", &both).unwrap();
        assert_eq!(by(ForwardHeader::XForwardedFor), "203.0.113.5");
        assert_eq!(by(ForwardHeader::Forwarded), "1.1.1.1");
        let alone = client_by(ForwardHeader::default(), &["10.0.0.0/8"], "10.1.1.1", &both[..1]);
        assert_eq!(alone.unwrap(), "10.1.1.1");
    }
}
