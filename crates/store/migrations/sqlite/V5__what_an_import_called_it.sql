-- Programs go on calling imported people, organizations and keys by the ids they had where they came from.
CREATE INDEX users_import ON users (json_extract(extra, '$.import.id')) WHERE instr(extra, '"import":{') > 0;
CREATE INDEX organizations_import ON organizations (json_extract(extra, '$.import.id'))
  WHERE instr(extra, '"import":{') > 0;
CREATE INDEX keys_import ON keys (json_extract(extra, '$.import.id'))
  WHERE instr(extra, '"import":{') > 0 AND gone IS NULL;
