// Keeps the key where only pages of this origin can read it, and goes to the page.
const key = document.querySelector('meta[name="gitdraft-key"]').content;
localStorage.setItem("gitdraft-key", key);
location.replace("/");
