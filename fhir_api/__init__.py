"""FHIR R4 out: what the clinic's other systems may read of its patients, appointments and notices."""
