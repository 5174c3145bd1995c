-- Statements end with `;`. What cannot run inside a transaction needs a first line of
-- `-- eloquent: no-transaction`.

