// The talon's page: prints itself.
document.getElementById('print').addEventListener('click', () => print());
