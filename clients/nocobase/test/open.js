// Imported first: the test is about the server with the settings of servers/open.

process.env.KEYWARD_URL = process.env.KEYWARD_URL_OPEN;
