// Imported first: the test is about the server with the settings of servers/brief.

process.env.KEYWARD_URL = process.env.KEYWARD_URL_BRIEF;
