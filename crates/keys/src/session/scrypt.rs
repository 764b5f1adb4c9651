//! Password hashes that imported accounts bring along: scrypt, kept as PHC-like text so that its costs travel with
//! it. They are only ever checked; what a right password is stored as from then on is argon2id.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use domain::secret::Secret;
use icu_normalizer::ComposingNormalizer;
use subtle::ConstantTimeEq as _;

pub(super) const BEGINNING: &str = "$scrypt$";

/// Costs beyond these (64 times what anybody uses) would let one imported row eat the machine.
const LOG_N_MAX: u8 = 20;
const R_MAX: u32 = 32;
const P_MAX: u32 = 16;
const SALT_BYTES_MAX: usize = 128;
const OUTPUT_BYTES: std::ops::RangeInclusive<usize> = 16..=128;

/// One hash and how it was made.
#[derive(Clone, PartialEq, Eq)]
pub struct ScryptHash {
    pub log_n: u8,
    pub r: u32,
    pub p: u32,
    /// Whether the password was brought into Unicode's NFKC form first.
    pub nfkc: bool,
    /// As it was fed to the function.
    pub salt: Vec<u8>,
    pub output: Vec<u8>,
}

impl ScryptHash {
    /// As it is stored; `None` when it could never be checked.
    pub fn to_text(&self) -> Option<String> {
        self.is_sound().then(|| {
            let Self { log_n, r, p, nfkc, .. } = self;
            let (salt, output) = (STANDARD_NO_PAD.encode(&self.salt), STANDARD_NO_PAD.encode(&self.output));
            format!("{BEGINNING}ln={log_n},r={r},p={p},nfkc={}${salt}${output}", u8::from(*nfkc))
        })
    }

    pub(super) fn parse(stored: &str) -> Option<Self> {
        let mut parts = stored.strip_prefix(BEGINNING)?.split('$');
        let (costs, salt, output) = (parts.next()?, parts.next()?, parts.next()?);
        let mut costs = costs.split(',');
        let mut cost = |name: &str| costs.next()?.strip_prefix(name)?.strip_prefix('=')?.parse::<u32>().ok();
        let hash = Self {
            log_n: u8::try_from(cost("ln")?).ok()?,
            r: cost("r")?,
            p: cost("p")?,
            nfkc: cost("nfkc")? != 0,
            salt: STANDARD_NO_PAD.decode(salt).ok()?,
            output: STANDARD_NO_PAD.decode(output).ok()?,
        };
        (parts.next().is_none() && hash.is_sound()).then_some(hash)
    }

    pub(super) fn is_of(&self, password: &Secret) -> bool {
        let Ok(params) = scrypt::Params::new(self.log_n, self.r, self.p) else { return false };
        let mut output = zeroize::Zeroizing::new(vec![0u8; self.output.len()]);
        let normal = zeroize::Zeroizing::new(match self.nfkc {
            true => ComposingNormalizer::new_nfkc().normalize(password.expose()).into_owned(),
            false => password.expose().to_owned(),
        });
        let done = scrypt::scrypt(normal.as_bytes(), &self.salt, &params, &mut output);
        done.is_ok() && output.ct_eq(&self.output).into()
    }

    fn is_sound(&self) -> bool {
        (1..=LOG_N_MAX).contains(&self.log_n)
            && (1..=R_MAX).contains(&self.r)
            && (1..=P_MAX).contains(&self.p)
            && self.salt.len() <= SALT_BYTES_MAX
            && OUTPUT_BYTES.contains(&self.output.len())
    }
}

impl std::fmt::Debug for ScryptHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScryptHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// What a real installation stored for `password123`.
    fn known() -> ScryptHash {
        ScryptHash {
            log_n: 14,
            r: 16,
            p: 1,
            nfkc: true,
            salt: b"513e383eed014cc4b9d0cd59f27b8567".to_vec(),
            output: bytes(
                "bdecd4fcbcc112547dcc2ca00eb259ba6fcb65f0b467fe21414933215fb47816677e16a76e495ce2711e7d5195e9e30\
                 47fbe04c93cbfc3fcdc48706442605195",
            ),
        }
    }

    #[test]
    fn a_hash_of_a_real_installation_opens_with_its_password_only() {
        let hash = ScryptHash::parse(&known().to_text().unwrap()).unwrap();
        assert_eq!(hash, known());
        assert!(hash.is_of(&Secret::new("password123")));
        assert!(!hash.is_of(&Secret::new("password124")));
    }

    #[test]
    fn letters_written_in_another_way_are_the_same_password_where_that_was_the_rule() {
        let mut cheap = ScryptHash { log_n: 4, r: 1, salt: b"salt".to_vec(), output: vec![0; 32], ..known() };
        let params = scrypt::Params::new(4, 1, 1).unwrap();
        scrypt::scrypt("caf\u{e9}".as_bytes(), b"salt", &params, &mut cheap.output).unwrap();
        assert!(cheap.is_of(&Secret::new("cafe\u{301}")));
        assert!(!ScryptHash { nfkc: false, ..cheap }.is_of(&Secret::new("cafe\u{301}")));
    }

    #[test]
    fn costs_that_would_eat_the_machine_are_no_hash() {
        assert!(ScryptHash { log_n: 30, ..known() }.to_text().is_none());
        assert!(ScryptHash { r: 4_096, ..known() }.to_text().is_none());
        for text in ["$scrypt$", "$scrypt$ln=14,r=8,p=1$YQ$YQ", "$scrypt$ln=99,r=8,p=1,nfkc=0$YQ$YQ"] {
            assert!(ScryptHash::parse(text).is_none(), "{text}");
        }
    }
}
