/** Where the published document finds the API: nobody knows where it is deployed, so at whoever serves it. */
export const publishedServer = '/';
