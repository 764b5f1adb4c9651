//! Lines of the report that can be any number: records that were refused. They wait in a file that has no name, and
//! are read when the report is shown.

use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write},
};

use serde_json::Value;

use crate::error::Failure;

pub struct Spool {
    file: BufWriter<File>,
}

/// One record that does not come.
pub struct RefusedRecord<'a> {
    pub collection: &'a str,
    pub id: &'a str,
    pub reason: &'a str,
}

impl Spool {
    pub fn new() -> Result<Self, Failure> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile().map_err(failed)?) })
    }

    pub fn push(&mut self, record: &RefusedRecord<'_>) -> Result<(), Failure> {
        let line = Value::from(vec![record.collection, record.id, record.reason]);
        writeln!(self.file, "{line}").map_err(failed)
    }

    /// All of them, in their order.
    pub fn for_each(self, mut each: impl FnMut(&RefusedRecord<'_>)) -> Result<(), Failure> {
        let mut file = self.file.into_inner().map_err(|e| failed(e.into_error()))?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        for line in BufReader::new(file).lines() {
            let parts: Vec<String> = serde_json::from_str(&line.map_err(failed)?).unwrap_or_default();
            if let [collection, id, reason] = parts.as_slice() {
                each(&RefusedRecord { collection, id, reason });
            }
        }
        Ok(())
    }
}

fn failed(error: std::io::Error) -> Failure {
    Failure::new(format!("the report cannot be kept in the folder for temporary files: {error}"))
}
