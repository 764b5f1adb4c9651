-- Expired keys are looked for every few seconds where a dialect clears them away: that must not read all keys.
CREATE INDEX keys_end ON keys (expires_at) WHERE expires_at IS NOT NULL AND gone IS NULL;
